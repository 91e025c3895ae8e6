"""A run as Markdown, for a page, a comment or a job's summary: verdict, attention list, matrix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from adbench.record.model import RunRecord
from adbench.report.view.attention import Attention, attention
from adbench.report.view.compare import ComparisonView, attention_of
from adbench.report.view.history import History, Trend
from adbench.report.view.matrix import Cell, Matrix, Mean, Row, matrix
from adbench.report.view.metrics import Metric
from adbench.report.view.numbers import NOTHING, ratio
from adbench.report.view.verdict import VerdictBar, verdict_bar
from adbench.report.visible import visible, visible_lines

_PROBLEMS = 25
"""Problems that are told in full; the record has all of them."""
_ROWS = 400
"""A larger table than this is cut to the rows with a problem: no renderer shows it well."""
_SPECIAL = re.compile(r"[\\`*\[\]<>#|~$&]|(?<!\w)_|_(?!\w)")
_LINKED = re.compile(r"@(?=\w)|:(?=//)|www(?=\.)", re.IGNORECASE)
"""What GitHub makes a mention or a link of, where nothing stands behind it."""


def render_markdown(
    record: RunRecord,
    *,
    comparison: ComparisonView | None = None,
    past: History | None = None,
    commands: Sequence[str] = (),
    beside: Sequence[tuple[str, str]] = (),
) -> str:
    """The report as GitHub-flavoured Markdown, ending in a newline.

    `commands` are those that reproduce it, where they are more than the record's own; `beside`
    are files that lie beside it, each with what it is.
    Whatever a user named or printed is text in it: it makes no link, no tag and no mention.
    """
    told = list(commands) or [record.command]
    parts = list(_parts(record, comparison, past, told))
    if beside:
        parts.append(_list([f"[{plain(name)}]({quote(name)}): {what}" for name, what in beside]))
    return "\n\n".join(parts) + "\n"


def _parts(
    record: RunRecord,
    comparison: ComparisonView | None,
    past: History | None,
    commands: Sequence[str],
) -> Iterator[str]:
    regressions = comparison.regressions if comparison else 0
    yield from _verdict(verdict_bar(record, regressions), commands)
    yield from _attention(attention(record, attention_of(comparison) if comparison else ()))
    yield from _matrix(matrix(record))
    if comparison:
        yield from _comparison(comparison)
    if past:
        yield from _history(past)


def _verdict(bar: VerdictBar, commands: Sequence[str]) -> Iterator[str]:
    yield f"# {bar.sign.glyph} {plain(bar.sentence)}"
    if bar.tallies:
        yield " · ".join(f"{t.sign.glyph} {t.number:,} {t.sign.word}" for t in bar.tallies)
    facts = [f"{plain(f.name)}: {plain(f.value)}{_in_brackets(f.more)}" for f in bar.facts]
    yield _list(facts)
    if any(commands):
        yield _block("\n".join(map(visible, filter(None, commands))), "sh")


def _in_brackets(more: str) -> str:
    return f" ({plain(more)})" if more else ""


def _attention(problems: Sequence[Attention]) -> Iterator[str]:
    if not problems:
        return
    yield "## Needs attention"
    told = [_problem(problem) for problem in problems[:_PROBLEMS]]
    left = len(problems) - _PROBLEMS
    if left > 0:
        told.append(f"and {left:,} more, which the record tells")
    yield _list(told)


def _problem(problem: Attention) -> str:
    subject = [code(name) for name in problem.modes]
    subject += [code(case.case) for case in problem.cases[:3]]
    if len(problem.cases) > 3:
        subject.append(f"and {len(problem.cases) - 3:,} more cases")
    lead = f"{problem.sign.glyph} **{problem.sign.word}** {' '.join(subject)}".strip()
    lines = [f"{lead}: {_first_line(problem.sentence)}"]
    lines += [f"  - {_first_line(remark)}" for remark in problem.more]
    if problem.place:
        text = f" {code(problem.code)}" if problem.code else ""
        lines.append(f"  - at {code(problem.place)}{text}")
    if problem.command:
        lines.append(f"  - repeat: {code(problem.command)}")
    return "\n".join(lines)


def _first_line(text: str) -> str:
    first, *more = visible_lines(text) or [""]
    return plain(f"{first} …" if more else first)


def _matrix(table: Matrix) -> Iterator[str]:
    if not table.suites:
        return
    yield "## Cases"
    rows = len(table.rows)
    only_troubled = rows > _ROWS
    if only_troubled:
        troubled = sum(row.troubled for row in table.rows)
        yield f"{rows:,} cases; the {troubled:,} with a problem are shown."
    shown = _shown_metrics(table)
    if shown:
        yield (
            "Beside each sign: " + "; ".join(f"{m.label.lower()}, {m.meaning}" for m in shown) + "."
        )
    for suite, members in table.suites.items():
        kept = [row for row in members if row.troubled or not only_troubled]
        if kept:
            yield _table(suite, kept, table, shown)
    means = [mean for mean in table.means if mean.metric.key in ("time", "ratio")]
    if means:
        yield "\n\n".join(_mean(mean) for mean in means)


def _shown_metrics(table: Matrix) -> list[Metric]:
    """Two numbers a cell are enough in a table without toggles."""
    wanted = {"time": ("time", "ratio"), "digits": ("digits", "time")}
    keys = wanted.get(table.first_metric, (table.first_metric,))
    return [metric for metric in table.metrics if metric.key in keys]


def _table(suite: str, rows: Sequence[Row], table: Matrix, shown: Sequence[Metric]) -> str:
    present = [c for c in range(len(table.modes)) if any(row.cells[c] for row in rows)]
    head = [plain(suite), *(plain(table.modes[c]) for c in present)]
    body = [
        _row([code(row.key.case), *(_cell(row.cells[c], shown) for c in present)]) for row in rows
    ]
    return "\n".join([_row(head), _row(["---"] * len(head)), *body])


def _cell(cell: Cell | None, shown: Sequence[Metric]) -> str:
    if cell is None:
        return ""
    figures = [cell.figures[metric.key] for metric in shown if metric.key in cell.figures]
    numbers = [f"{'= ' if f.tie else ''}{f.text}" for f in figures if f.text != NOTHING]
    word = "" if cell.sign.tone == "good" and numbers else cell.sign.word
    said = f"{word} {' · '.join(numbers)}".strip()
    return f"{cell.sign.glyph} {said}".replace("|", r"\|")


def _mean(mean: Mean) -> str:
    counted = [
        f"{plain(mode)} {text}"
        for mode, text in zip(mean.modes, filter(None, mean.texts), strict=True)
    ]
    return (
        f"Geometric mean, {plain(mean.metric.label.lower())}, over the {mean.cases:,} "
        f"{'case' if mean.cases == 1 else 'cases'} that these pass: {', '.join(counted)}."
    )


def _comparison(view: ComparisonView) -> Iterator[str]:
    yield f"## Compared with the run before\n\n{plain(view.before)} → {plain(view.after)}"
    if view.environment:
        yield _list([plain(phrase) for phrase in view.environment])
    if view.no_verdict and any(row.timing for row in view.rows):
        yield plain(view.no_verdict)
    changed = view.changed
    if changed:
        head = ["case", "backend", "what became of it", "time", "memory"]
        rows = [
            [
                code(row.key.case),
                plain(row.mode),
                plain("; ".join([f"{row.sign.glyph} {row.sign.word}", *row.phrases])),
                ratio(row.timing.ratio.value) if row.timing else "",
                ratio(row.memory) if row.memory else "",
            ]
            for row in changed[:_ROWS]
        ]
        yield "\n".join(map(_row, [head, ["---"] * len(head), *rows]))
    yield f"{len(view.rows) - len(changed):,} unchanged, or not told apart."


def _history(past: History) -> Iterator[str]:
    yield f"## History\n\n{len(past.runs)} runs, {plain(past.runs[0])} to {plain(past.runs[-1])}."
    head = ["case", "backend", "verdicts", "÷ primal", "memory"]
    rows = [
        [
            code(row.key.case),
            plain(row.mode),
            "".join(sign.glyph if sign else "·" for sign in row.verdicts),
            _first_and_last(row.ratio),
            _first_and_last(row.memory),
        ]
        for row in past.rows[:_ROWS]
    ]
    yield "\n".join(map(_row, [head, ["---"] * len(head), *rows]))


def _first_and_last(trend: Trend) -> str:
    return f"{trend.first} → {trend.last}" if trend.known else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _list(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _block(text: str, language: str) -> str:
    shown = "\n".join(visible_lines(text))
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def plain(text: str) -> str:
    """`text` on one line, nothing in it Markdown; for a sentence or a table's cell."""
    return _LINKED.sub(r"\g<0><!-- -->", _SPECIAL.sub(r"\\\g<0>", visible(text)))


def code(text: str) -> str:
    """`text` on one line as a code span, a table's cell included."""
    shown = visible(text).replace("|", r"\|")
    if not shown.strip():
        return ""
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
