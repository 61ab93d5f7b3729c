-- The page in each of the languages in turn; the first word of the path is the language.
function init(args)
  paths = {}
  for _, language in ipairs(args) do
    table.insert(paths, wrk.format(nil, (wrk.path:gsub("^/[^/]+", "/" .. language))))
  end
  count = 0
end
function request()
  count = count + 1
  return paths[count % #paths + 1]
end
