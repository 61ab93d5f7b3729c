"""What becomes of a petition: the recipients' answers, by a private link, and the documents of the outcomes."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    from petition_app.models.demand import words_in
    from petition_app.outcomes.answers import answers_of
    from petition_app.outcomes.views import blueprint
    from petition_app.outcomes.words import VERDICT_WORDS
    from petition_app.petitions.demands import demands_of

    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(
        demands_of=demands_of, answers_of=answers_of, words_in=words_in, verdict_words=VERDICT_WORDS
    )
