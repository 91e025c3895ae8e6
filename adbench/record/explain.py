"""Results in words: what was found, how sure that is, and where; as text, rich text and HTML."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from adbench.record.model import (
    CheckResult,
    DerivativeResult,
    Failure,
    Finding,
    SourceLocation,
    Verdict,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

_GLYPHS = {
    Verdict.PASS: "✓",
    Verdict.KINK: "∧",
    Verdict.SKIPPED: "–",
    Verdict.INCONCLUSIVE: "?",
    Verdict.ERROR: "!",
    Verdict.FAIL: "✗",
}
_STYLES = {
    Verdict.PASS: "green",
    Verdict.KINK: "cyan",
    Verdict.SKIPPED: "dim",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.ERROR: "magenta",
    Verdict.FAIL: "bold red",
}
_LEAST_DIGITS, _MOST_DIGITS = 4, 17  # 17 significant digits tell any two doubles apart


def explain(check: CheckResult) -> str:
    """A whole result as plain text: verdict, each derivative, each finding, and its worth."""
    lines = [headline(check)]
    lines += [f"  {line}" for line in _derivative_lines(check)]
    for finding in check.findings:
        lines.append("")
        lines += [f"  {line}" for line in explain_finding(finding).splitlines()]
    if worth := worth_of(check):
        lines += ["", f"  {worth}"]
    return "\n".join(lines)


def headline(check: CheckResult) -> str:
    """`✗ fail: loss on torch:eager (float64, seed 0): …`."""
    mark = f"{_GLYPHS[check.verdict]} {check.verdict.value}"
    return ": ".join(filter(None, [mark, _subject(check), check.reason]))


def explain_finding(finding: Finding) -> str:
    """One finding as text: its sentence, then the two values and where, a line each."""
    lines = [finding.message]
    if evidence := evidence_of(finding):
        lines.append(f"  {evidence}")
    if finding.diagnosis:
        lines.append(f"  looks like: {finding.diagnosis}")
    if finding.where is not None:
        lines.append(f"  at {explain_location(finding.where)}")
    return "\n".join(lines)


def evidence_of(finding: Finding) -> str:
    """`x[1, 2], output y[0]: AD -4, numeric 4 ± 3.1e-09; tolerance 1e-07`, or "".

    What the finding's sentence has named already is not named again.
    """
    places = [place_of(finding), f"output {finding.output}" if finding.output else ""]
    place = ", ".join(name for name in places if name and name not in finding.message)
    ad, numeric = format_values(finding.ad, finding.numeric)
    values = []
    if finding.ad is not None:
        values.append(f"AD {ad}")
    if finding.numeric is not None:
        values.append(f"numeric {numeric}{format_bound(finding.bound)}")
    if not values:
        return ""
    said = ", ".join(values)
    if finding.tolerance is not None:
        said += f"; tolerance {finding.tolerance:.2g}"
    return f"{place}: {said}" if place else said


def place_of(finding: Finding) -> str:
    """`x[1, 2]`, `params['w']`, `x` for a scalar or a whole input, or "" when there is none."""
    if finding.input is None:
        return ""
    if not finding.index:
        return finding.input
    return f"{finding.input}[{', '.join(str(i) for i in finding.index)}]"


def explain_location(where: SourceLocation) -> str:
    """`model.py:12 in loss: return -(x * x).sum()`; the file as seen from the current folder."""
    file = Path(where.file)
    if file.is_relative_to(Path.cwd()):
        file = file.relative_to(Path.cwd())
    place = f"{file}:{where.line}"
    if where.function:
        place += f" in {where.function}"
    return f"{place}: {where.text.strip()}" if where.text.strip() else place


def explain_failure(failure: Failure) -> str:
    """Why a task ended in an error: the exception, the user's frames, and what was printed."""
    lines = [said_by(failure)]
    lines += [f"  at {explain_location(frame)}" for frame in failure.frames]
    if failure.printed.strip():
        lines.append("  it had printed:")
        lines += [f"  | {line}" for line in failure.printed.rstrip().splitlines()]
    return "\n".join(lines)


def said_by(failure: Failure) -> str:
    """`ValueError: shapes do not match`; the type alone where the exception has no message."""
    return ": ".join(part for part in (failure.type, failure.message) if part)


def worth_of(check: CheckResult) -> str:
    """What the check could have found; "" where it has found something, or compared nothing."""
    if check.resolution is None or check.verdict in (Verdict.FAIL, Verdict.ERROR):
        return ""
    compared = sum(derivative.compared for derivative in check.derivatives)
    what = f"{compared:,} {'value' if compared == 1 else 'values'} compared"
    cost = f"{check.evaluations:,} evaluations, {check.seconds:.2g} s"
    return f"A relative error above {check.resolution:.1g} would have shown ({what}, {cost})."


def format_values(ad: float | None, numeric: float | None) -> tuple[str, str]:
    """Both values with as many significant digits as it takes to see that they differ."""
    digits = _digits(ad, numeric)
    return _number(ad, digits), _number(numeric, digits)


def format_bound(bound: float | None) -> str:
    """` ± 3.1e-09`: two digits, as an uncertainty is written; "" when there is none."""
    return "" if bound is None else f" ± {bound:.2g}"


def _number(value: float | None, digits: int) -> str:
    return "none" if value is None else f"{value:.{digits}g}"


def _digits(ad: float | None, numeric: float | None) -> int:
    if ad is None or numeric is None or not (math.isfinite(ad) and math.isfinite(numeric)):
        return _LEAST_DIGITS
    largest = max(abs(ad), abs(numeric))
    # Divided first: the plain difference of two huge values may overflow.
    relative = abs(ad / largest - numeric / largest) if largest > 0 else 0.0
    if relative == 0.0:
        return _LEAST_DIGITS if ad == numeric else _MOST_DIGITS
    return min(_MOST_DIGITS, max(_LEAST_DIGITS, math.ceil(-math.log10(relative)) + 2))


def _subject(check: CheckResult) -> str:
    details = ", ".join(filter(None, [check.dtype, f"seed {check.seed}"]))
    return f"{check.function} on {check.backend}:{check.mode} ({details})"


def _derivative_lines(check: CheckResult) -> Iterator[str]:
    """One line a derivative; none where the headline or the findings say it all."""
    if len(check.derivatives) == 1:
        (only,) = check.derivatives
        if only.reason in check.reason or any(
            only.derivative == f.derivative for f in check.findings
        ):
            return
    for derivative in check.derivatives:
        mark = f"{_GLYPHS[derivative.verdict]} {derivative.verdict.value}"
        yield f"{derivative.derivative}  {mark}: {derivative.reason}"


def rich_result(check: CheckResult) -> RenderableType:
    """`explain` with the verdict coloured, for `rich.print` and rich-aware shells."""
    from rich.text import Text

    plain = explain(check)
    text = Text(plain)
    text.stylize(_STYLES[check.verdict], 0, plain.index(":"))
    return text


def html_result(check: CheckResult) -> str:
    """The result as an HTML fragment for a notebook; everything from the user is escaped."""
    escape = html.escape
    parts = [
        '<div class="adbench">',
        f"<p><strong>{_GLYPHS[check.verdict]} {check.verdict.value}</strong>"
        f"{escape(headline(check).partition(check.verdict.value)[2])}</p>",
    ]
    if list(_derivative_lines(check)):
        rows = "".join(_html_row(derivative) for derivative in check.derivatives)
        parts.append(
            "<table><thead><tr><th>derivative</th><th>verdict</th><th>reason</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    if check.findings:
        items = "".join(
            f"<li><pre>{escape(explain_finding(finding))}</pre></li>" for finding in check.findings
        )
        parts.append(f"<ul>{items}</ul>")
    if worth := worth_of(check):
        parts.append(f"<p>{escape(worth)}</p>")
    return "".join([*parts, "</div>"])


def _html_row(derivative: DerivativeResult) -> str:
    mark = f"{_GLYPHS[derivative.verdict]} {derivative.verdict.value}"
    cells = [derivative.derivative, mark, derivative.reason]
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
