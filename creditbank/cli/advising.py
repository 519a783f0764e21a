"""``creditbank advise``: a page for the learner; what there is, what it is worth where, what is still missing."""

from contextlib import suppress
from pathlib import Path

import click

from creditbank.bank.books import shelved
from creditbank.cli.auditing import programme_in
from creditbank.cli.failure import needs_plan
from creditbank.cli.folder import folder_of, opened, write_new
from creditbank.cli.read import day_of
from creditbank.cli.screen import Screen, say_json
from creditbank.cli.words import account_word, bank_word, example, json_option
from creditbank.domain.name import account_id
from creditbank.domain.view.advice import advise as ask_advice
from creditbank.domain.view.advice_page import advice_page
from creditbank.errors import UnknownError

__all__ = ["advise"]


@click.command(
    short_help="Write a page that advises a learner (学习建议).",
    epilog=example(
        "creditbank advise city $ACCOUNT --out advice.html",
        "creditbank advise city $ACCOUNT --programme study.toml --out advice-study.html",
    ),
)
@bank_word
@account_word
@click.option(
    "--programme",
    help="The programme's requirements, as for audit: then the page has a plan, and what is still missing.",
)
@click.option("--on", "on", help="The day of the advice; today by default.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Write the page to this new file, which only its owner may read.",
)
@json_option
def advise(bank: str, account: str, programme: str | None, on: str | None, out: Path, as_json: bool) -> None:
    """
    Write a page for the learner of ACCOUNT (学习建议): one HTML file, Chinese and English, without script.

    It says what the account has, and for what course of the programme each outcome would be granted, under every published rule
    book in force, by which clause, or why not: each by itself. With --programme it also says what to apply for together so
    that nothing gives more (as creditbank.plan finds it), what is met and what is still missing; that needs creditbank[plan].
    Records nothing.
    """
    folder, learner = folder_of(bank), account_id(account)
    asked = None if programme is None else programme_in(programme)
    with opened(folder) as here:
        day = here.today() if on is None else day_of(on)
        known = here.known()
        books = shelved(known, here.store)
        advice = ask_advice(known, learner, books, day)
        found, best = None, None
        if asked is not None:
            with needs_plan():
                from creditbank.planner.advised import planned
                from creditbank.planner.degree import degree_audit
                from creditbank.planner.study import plan
            found = degree_audit(known, learner, asked, day)
            with suppress(UnknownError):  # not enrolled in it: the page says so, and plans nothing
                best = planned(known, plan(known, learner, asked, books, day))
    write_new(out, advice_page(advice, found, best))
    if as_json:
        granted = sum(bool(one.course) for studies in advice.studies for one in studies.answers)
        together = (
            None if best is None else {"credits": best.credits, "items": len(best.items), "optimal": best.optimal}
        )
        told = {"account": learner, "file": str(out), "position": advice.position, "granted": granted, "plan": together}
        say_json(told)
    else:
        Screen().lines(f"学习建议 Advice for {learner}, {day}: {out}")
