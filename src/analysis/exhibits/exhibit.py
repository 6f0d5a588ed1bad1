"""An exhibit: one question put to the evidence, as published: table, plot, limits, sources; and how it is published."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec

import pandas as pd
from IPython.display import HTML, Image, Markdown, display
from matplotlib.figure import Figure

from analysis import areas, bibliography, plots
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.plot import Plot
from analysis.exhibits.plot_as_data import as_data
from analysis.exhibits.shown_table import ShownTable
from analysis.exhibits.table import Table, Words
from analysis.exhibits.wording import plain, sentences, span
from analysis.plots.style import is_synthetic
from bounded.refusal import Refusal

# Release classes, as an output's metadata state them: it holds no person's data; or its counts of persons are those of
# protected tables; or it is a model's estimate, or a median, that a rule allows. An output without one is internal.
PUBLIC, PROTECTED, ESTIMATE, INTERNAL = "public", "protected", "estimate", "internal"
NOT_INCIDENCE = "Detected and reported, not incidence."
# Why a place does not have an exhibit, by the kinds of place that have it; see `absent`.
ABSENT = {
    "national": "It is known for the country as a whole only: see the page of {study}.",
    "whole": "It is shown for the study as a whole: see the page of {study}.",
    "comparison": "It compares all areas: see the page of {study}.",
    "of_countries": "It compares countries, and the areas of {study} are parts of one country.",
}


# Sources that the rows of an exhibit do not name; or which these are, from rows.
Further = Iterable[str] | Callable[[pd.DataFrame], Iterable[str]]


@dataclass(frozen=True)
class Exhibit:
    """One question put to the evidence: table, plot, title, limits and sources; `publish` shows it as it is released.

    Parameters
    ----------
    name : stem of the figure's file, in lower case letters, digits and underscores.
    title : a sentence or a noun phrase; heads the table.
    table : the numbers behind the figure and how they are printed; or the rows in words alone, which no file has.
    source_ids : where the numbers were read; cited below the table.
    limits : what the section does not show, in one or two sentences.
    plot, alt : the chart with its table and arguments, and its description for people who cannot see it; None where
        there is only a table.
    cautions : further sentences of the catalogue about the data.
    citations : sources that the bibliography does not hold, in words: lists of case records.
    kind : ``public``, or ``synthetic``: then the table says so, as the figure does.
    synthetic_part : what of a synthetic section is synthetic, in a sentence.
    folded : whether the table is folded however few its rows are, since its cells hold much text.
    release_class : one of ``public``, ``protected``, ``estimate`` and ``internal``; left out,
        what follows from public data may leave, and nothing else.
    footer : what the figure says below itself; left out, it is made from the table that the plot draws.
    n, further : what a row of that table is, as ``country-years``, or how many there are, in words, from that table;
        and sources that it does not name.
    read : the figures of evidence, where the plot draws what a model makes of them: the footer is made from these.
    absent : why there is no such exhibit here, in a sentence that stands in its place in the notebook; no page has it.
    instead : what a page has in place of figure and table: a sentence, as `elsewhere` makes it, or a page in a frame.
    """

    name: str
    title: str
    table: pd.DataFrame | Table = field(default_factory=pd.DataFrame)
    source_ids: tuple[str, ...] = ()
    limits: str = NOT_INCIDENCE
    plot: Plot | None = None
    alt: str = ""
    cautions: tuple[str, ...] = field(default=())
    citations: tuple[str, ...] = field(default=())
    kind: str = "public"
    synthetic_part: str = "synthetic persons, not real ones."
    release_class: str = ""
    folded: bool = False
    footer: plots.Footer | None = None
    absent: str = ""
    n: str | Callable[[pd.DataFrame], str] = ""
    further: Further = ()
    in_figure: str = ""
    instead: Markdown | HTML | None = None
    read: pd.DataFrame | None = None

    @property
    def frame(self) -> dict[str, Any]:
        """The title and the footer, as every chart takes them."""
        footed = self.footer
        drawn = self.plot.table if self.plot is not None and self.read is None else self.read
        if footed is None and isinstance(drawn, pd.DataFrame) and self.n:
            n = self.n(drawn) if callable(self.n) else f"{len(drawn)} {self.n}"
            footed = footer(drawn, n, self.in_figure or self.limits, _further(self.further, drawn))
        return {"title": self.title, "footer": footed}

    @cached_property
    def figure(self) -> Figure | None:
        """The figure, drawn with title and footer; None where there is no plot."""
        return self.plot.draw(**self.frame) if self.plot is not None else None

    def change(
        self,
        *,
        title: str | None = None,
        limits: str | None = None,
        columns: Iterable[str] | Mapping[str, str | Words] | None = None,
        where: str | None = None,
        chart: Callable[..., Figure] | None = None,
        **arguments: Any,
    ) -> Exhibit:
        """Return the exhibit with what somebody wants otherwise: ``exhibit.change(log=True, where="year > 2015")``.

        Parameters
        ----------
        title, limits : other words. columns : the headings to keep, in order; or headings with the columns they print.
        where : rows to keep, of table and plot, as `DataFrame.query` reads it; limits and description say so.
        chart : another chart of `analysis.plots`. arguments : what the chart is called with; None takes one away.

        Raises
        ------
        Refusal : a heading, or a column of `where`, is not there.
        """
        shown, plot, read, footed = self.table, self.plot, self.read, self.footer
        said_of_rows = f"Of all rows those are shown where {where}." if where is not None else ""
        if where is not None:
            shown, read = _where(shown, where), None if read is None else _where(read, where)
            plot = plot.change(table=_where(plot.table, where)) if plot is not None else None
            if footed is not None and plot is not None and self.plot is not None:
                footed = replace(footed, n=f"{len(plot.table):,} of {len(self.plot.table):,} rows, {footed.n} in all")
        if columns is not None:
            shown = shown.headed(columns) if isinstance(shown, Table) else shown[list(columns)]
        if plot is not None and (chart is not None or arguments):
            plot = plot.change(chart, **arguments)
        if footed is not None:
            footed = replace(footed, limits=sentences(limits or footed.limits, said_of_rows))
        return replace(
            self,
            title=title or self.title,
            limits=sentences(limits or self.limits, said_of_rows),
            table=shown,
            plot=plot,
            in_figure=sentences(limits or self.in_figure or self.limits, said_of_rows),
            footer=footed,
            read=read,
            alt=sentences(self.alt.replace(self.title, title or self.title), said_of_rows),
        )

    @property
    def effective_class(self) -> str:
        """The release class, or what follows from the kind of its data where none is stated."""
        return self.release_class or (PUBLIC if self.kind == "public" else INTERNAL)

    def image(self) -> Image | Markdown:
        """The figure, named for the batch, with its description."""
        if self.figure is None:
            return said(f"*No figure: {plain(self.limits)}*", self.effective_class)
        released = self.kind == "public" and self.effective_class == PUBLIC
        kept = as_data(self.plot, **self.frame) if released else None
        return plots.show(self.figure, self.name, self.alt, self.effective_class, kept)

    def show(self) -> HTML:
        """The table with its caption, its limits and its sources, as HTML."""
        return ShownTable(self)

    def parts(self) -> tuple[Image | Markdown | HTML, ...]:
        """Figure and table, or the one of them that there is; only the reason where there is neither."""
        if self.figure is None:
            return (self.image(),) if self.table.empty else (self.show(),)
        return self.image(), self.show()


def _where(table: Any, rows: str) -> Any:
    """The rows of a table, or of the numbers of one, for which a condition holds."""
    if isinstance(table, Table):
        return replace(table, numbers=_where(table.numbers, rows))
    try:
        return table.query(rows)
    except (pd.errors.UndefinedVariableError, AttributeError) as error:
        there = ", ".join(map(str, getattr(table, "columns", ())))
        raise Refusal(
            "missing_column", f"Rows cannot be chosen by '{rows}': {error}. The columns are {there}."
        ) from None


def exhibits_of(given: Any) -> tuple[Exhibit, ...]:
    """Return what `publish` is given, one exhibit, several or none, as several."""
    return (given,) if isinstance(given, Exhibit) else tuple(given or ())


def publish(exhibits: Exhibit | Iterable[Exhibit] | None) -> None:
    """Show exhibits as they are released: figure and table with title, limits, sources, description, release class.

    Nothing else in a notebook is released, but texts that state their class themselves. In place of an exhibit that is
    absent stands the reason, which no page has; of a figure that shows nothing a sentence says so.

    Parameters
    ----------
    exhibits : one, or several; none publishes nothing.

    Raises
    ------
    Refusal : an exhibit is synthetic, and its figure has no watermark.
    """
    for exhibit in exhibits_of(exhibits):
        if exhibit.instead is not None:
            display(exhibit.instead)
        elif exhibit.absent:
            # One write and a flush are one output: merged or not by chance, it would be other bytes in another run.
            sys.stdout.write(f"{exhibit.title}: not shown here. {exhibit.absent}\n")
            sys.stdout.flush()
        else:
            _publish(exhibit)


def _publish(shown: Exhibit) -> None:
    if why := getattr(shown.figure, "empty", ""):
        shown = replace(shown, plot=None)
        display(said(f"*{plain(shown.title)}: {plain(why.rstrip('.'))}.*", shown.effective_class))
        if shown.table.empty:
            return
    if shown.kind == "synthetic" and shown.figure is not None and not is_synthetic(shown.figure):
        raise Refusal(
            "missing_watermark",
            f"The figure of '{shown.name}' follows from synthetic data and has no watermark: have its chart take the "
            "footer of the exhibit, which has one.",
        )
    display(*shown.parts())


# The kinds of place that have an exhibit, by why others have none.
_HAVE: dict[str, Callable[[Area], bool]] = {
    "national": lambda place: not place.is_local,
    "whole": lambda place: place.is_study,
    "comparison": lambda place: place.is_study,
    "of_countries": lambda place: place.spans_countries,
}


def absent(place: Area, title: str, why: str) -> Exhibit:
    """Return a section in place of an exhibit that a place does not have: why, and where it is.

    Parameters
    ----------
    title : of the exhibit. A name is put before it, or into it for `{whose}` and `{place}`: the study's where the study
        has the exhibit, and else the place's.
    why : ``national``, of what is known of countries as a whole; ``whole``, of what is shown of a study alone;
        ``comparison``, of what compares the areas of a study; ``of_countries``, of what compares countries; or the
        sentence itself.
    """
    study = areas.get(place.study)
    if why == "of_countries" and areas.STUDIES[place.study].of_countries:
        why = "comparison"
    whose = study.name if why in ABSENT else place.name
    title = title if "{" in title else f"{{whose}}: {title}"
    reason = ABSENT[why].format(study=study.name) if why in ABSENT else why
    return Exhibit("absent", title.format(whose=whose, place=whose), absent=reason)


Given = ParamSpec("Given")


def only(
    why: str, title: str
) -> Callable[[Callable[Concatenate[Area, Given], Exhibit]], Callable[Concatenate[Area, Given], Exhibit]]:
    """Have a function make its exhibit for the kinds of place that have it, and for other places `absent`.

    Parameters
    ----------
    why : ``national``, ``whole``, ``comparison`` or ``of_countries``. title : as for `absent`.
    """

    def of(make: Callable[Concatenate[Area, Given], Exhibit]) -> Callable[Concatenate[Area, Given], Exhibit]:
        @wraps(make)
        def made(place: Area, *args: Given.args, **kwargs: Given.kwargs) -> Exhibit:
            return make(place, *args, **kwargs) if _HAVE[why](place) else absent(place, title, why)

        return made

    return of


def said(text: str, release_class: str = PUBLIC) -> Markdown:
    """A text of a notebook with its release class; one that counts persons of records says so."""
    return Markdown(text, metadata={"release_class": release_class})


def elsewhere(text: str, analysis: str, release_class: str = PUBLIC) -> Markdown:
    """A sentence on what the page of the study shows; a page has a link to that page of an analysis below it.

    Parameters
    ----------
    release_class : of a sentence that follows from persons, the one that its numbers would have.
    """
    return Markdown(text, metadata={"release_class": release_class, "study_page": analysis})


def instead(shown: Markdown | HTML) -> Exhibit:
    """Return what a page has in place of figure and table: a sentence, as of `elsewhere`, or a page in a frame."""
    return Exhibit("instead", str(shown.data), instead=shown)


def heading(question: str, place: Area) -> Markdown:
    """The line under a notebook's title: which area this is, and the question put to it; a page has a title instead."""
    kind = "the study as a whole" if place.is_study else f"{place.level} of the study {areas.get(place.study).name}"
    name = plain(place.name)
    other = f" ({plain(place.name_local)})" if place.name_local != place.name else ""
    text = f"## {name}{other}\n\n`{place.area_id}`, {kind}. {question.format(place=name)}"
    return Markdown(text, metadata={"release_class": PUBLIC, "heading": True})


def _further(sources: Further, table: pd.DataFrame) -> list[str]:
    return list(sources(table) if callable(sources) else sources)


def exhibit(
    name: str,
    title: str,
    table: Table,
    plot: Plot | None = None,
    *,
    n: str | Callable[[pd.DataFrame], str],
    limits: str,
    more: str = "",
    further: Further = (),
    alt: str = "",
    cautions: tuple[str, ...] = (),
    read: pd.DataFrame | None = None,
) -> Exhibit:
    """Return an exhibit of figures of evidence, of which each row says where it was read, when, and of what kind it is.

    Footer, sources, period and mark follow from the rows.

    Parameters
    ----------
    plot : what is drawn; its table has the rows that the footer counts. Without one the exhibit is a table.
    n : what a row of the plot's table is, as ``country-years``; or how many there are, in words, from that table.
    limits : what figure and table do not show. more : of which the figure itself has no room.
    further : sources that the rows do not name, as those of inhabitants; or which these are, from rows.
    alt : the description; left out, the title.
    read : the figures of evidence, where table and plot show what a model makes of them; left out, those of the table.
    """
    numbers = table.numbers if read is None else read
    return Exhibit(
        name,
        title,
        table,
        source_ids=tuple(dict.fromkeys([*numbers["source_id"], *_further(further, numbers)])),
        limits=sentences(limits, more),
        plot=plot,
        alt=alt or title,
        cautions=cautions,
        n=n,
        further=further,
        in_figure=limits,
        read=read,
        **marks(numbers),
    )


def footer(table: pd.DataFrame, n: str, limits: str, further: Iterable[str] = ()) -> plots.Footer:
    """The footer of a figure drawn from `table`, whose `source_id` and dates say where and when, and `kind` of what.

    `further` are sources that the table does not name: of the inhabitants that counts are divided by.
    """
    if table.empty:
        return plots.Footer("none found", "none", "0", limits)
    source = bibliography.short_source(list(dict.fromkeys([*table["source_id"], *further])))
    return plots.Footer(source, span(table), n, limits, synthetic=holds_synthetic(table))


def holds_synthetic(table: pd.DataFrame) -> bool:
    """Return True if figures of evidence, or some of them, are synthetic by their `kind`."""
    return "kind" in table and bool((table["kind"] == "synthetic").any())


def marks(table: pd.DataFrame) -> dict[str, Any]:
    """Return the release class and mark of an exhibit of such figures: synthetic counts are of no person."""
    return (
        {
            "kind": "synthetic",
            "synthetic_part": "synthetic counts, about no real person, place or year.",
            "release_class": PUBLIC,
        }
        if holds_synthetic(table)
        else {}
    )


take_names(__name__)
