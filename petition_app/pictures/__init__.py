"""Pictures that are handed in: a logo, a petition's picture.

What comes is never kept as it came: it is read, turned upright, made anew in the sizes that pages show, and so loses
what a camera wrote into it (where it was, when, with which machine) and whatever else hides in a file. Pillow does
that; it is the extra `pictures`, and `is_installed()` says whether it is there.

    sizes = sizes_of(read_picture(data), widths=(640, 1280))  # raises NotAPicture, with a sentence for whoever sent it
    with writing() as session:
        stored = store_sizes(session, sizes)

A template shows it by `components/_picture.html`; the address of a size is `picture_url(file["name"])`.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.pictures.storage import picture_url
    from petition_app.pictures.views import blueprint

    app.jinja_env.globals["picture_url"] = picture_url
    app.register_blueprint(blueprint)
