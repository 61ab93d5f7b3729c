"""Numbers for the association: counted beforehand by a job, shown without counting anything."""
