"""The WSGI application, for any server: `granian --interface wsgi wsgi:app`."""

from petition_app import create_app

# The outermost layer is called directly: a page that is kept is answered without entering Flask.
app = create_app().wsgi_app
