"""A graph in every format: valid by the format's own reader, and safe whatever the names are."""

import re
from xml.etree import ElementTree

import html5lib
import pytest

from adbench.record.graph import (
    Content,
    Descent,
    DescentStep,
    Edge,
    Explanation,
    Graph,
    Node,
    Output,
    Saved,
)
from adbench.record.model import SourceLocation
from adbench.report.graph_dot import graph_dot
from adbench.report.graph_html import graph_html
from adbench.report.graph_mermaid import graph_mermaid
from adbench.report.graph_svg import graph_svg
from adbench.report.graph_text import graph_text

HOSTILE = '<script>alert(1)</script> "];}} \\N %% `]`] #quot; ]] --> {{7*7}} \x1b[2J \u202e \n end'
WHERE = SourceLocation(file="model.py", line=5, function="loss", text="h = np.tanh(x * w)")


def content(*values):
    return Content(values=values, norm=sum(v * v for v in values) ** 0.5)


def explanation(name="loss", text="h = np.tanh(x * w)", **changes):
    where = WHERE.model_copy(update={"text": text, "file": "model.py" if name == "loss" else name})
    nodes = (
        Node(
            id=0,
            role="input",
            operation="x" if name == "loss" else name,
            shape=(2,),
            dtype="float64",
            value=content(1.0, 2.0),
            adjoint=content(0.5, 0.25),
        ),
        Node(
            id=1,
            operation="multiply" if name == "loss" else name,
            shape=(2,),
            dtype="float64",
            inputs=(
                Edge(source=0, operand="x", derivative="g * y"),
                Edge(source=0, operand="y", derivative="g * x" if name == "loss" else name),
            ),
            value=content(1.0, 4.0),
            adjoint=content(1.0, 1.0),
            saved=(Saved(name="x", shape=(2,), dtype="float64", nbytes=16, first=True),),
            keeps=16,
            source="A Book, 1.2",
            where=where,
        ),
        Node(
            id=3,
            operation="sum",
            shape=(),
            dtype="float64",
            inputs=(Edge(source=1, operand="a", derivative="spread(g)"),),
            value=content(5.0),
            adjoint=content(1.0),
            where=where,
        ),
    )
    steps = (DescentStep(loss=5.0, gradient_norm=2.0), DescentStep(loss=4.0, gradient_norm=1.5))
    known = {
        "function": name,
        "backend": "native",
        "mode": "eager",
        "dtype": "float64",
        "where": where,
        "code": "def loss(x): ...",
        "loss": "out" if name == "loss" else name,
        "value": 5.0,
        "graph": Graph(
            title="tape",
            nodes=nodes,
            outputs=(Output(name="out" if name == "loss" else name, node=3),),
            keeps=16,
        ),
        "program": "import numpy as np\n",
        "descent": Descent(rate=0.1, names=("x" if name == "loss" else name,), steps=steps),
        "notes": () if name == "loss" else (name,),
    }
    return Explanation(**(known | changes))


def folded(found):
    graph = found.graph
    nodes = [n.model_copy(update={"value": None, "adjoint": None}) for n in graph.nodes]
    nodes[1] = nodes[1].model_copy(
        update={
            "members": (("tanh", 250), ("add", 1)),
            "inputs": (Edge(source=0, count=250), Edge(source=3, count=249)),
        }
    )
    update = {"nodes": tuple(nodes), "folded": 1004}
    return found.model_copy(update={"graph": graph.model_copy(update=update)})


ALL = [
    pytest.param(explanation(), id="plain"),
    pytest.param(explanation(HOSTILE, HOSTILE), id="hostile"),
    pytest.param(folded(explanation()), id="folded"),
    pytest.param(folded(explanation(HOSTILE, HOSTILE)), id="folded hostile"),
    pytest.param(
        explanation(
            graph=Graph(title="tape", nodes=(), outputs=(Output(name="out", node=None),)),
            descent=None,
            program="",
            where=None,
        ),
        id="empty",
    ),
]


# Text.


def test_text_reads_like_this():
    assert (
        graph_text([explanation()])
        == """\
loss on native:eager (float64, seed 0)
  model.py:5
  differentiated: out = 5

1  Build the graph (tape): what is made of what
  x  (2,)
  model.py:5  h = np.tanh(x * w)
    v1 = multiply(x, x)  (2,)  keeps 16 B (x)
         d_x gains g * y
         d_x gains g * x
         from A Book, 1.2
    v3 = sum(v1)         ()
         d_v1 gains spread(g)
  out is v3
  16 B stay alive between the two passes. In the rules, g is the adjoint that
  arrives; x, y and the like are the operands in order; out is the result.

2  Forward: the values
    x  = [1, 2]
    v1 = [1, 4]
    v3 = 5

3  Backward: d_v is the derivative of the result by v
    d_v3 = 1
    d_v1 = [1, 1]
    d_x  = [0.5, 0.25]

The adjoint program, forward and backward as NumPy source: --format python

4  Update: x minus 0.1 times the gradient
  update  loss        |gradient|
       0  5           2
       1  4           1.5
"""
    )


@pytest.mark.parametrize("found", ALL)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_text_has_no_line_that_is_too_wide_and_nothing_unseen(found, width):
    for line in graph_text([found], width).splitlines():
        assert line.isprintable()
        assert line == line.rstrip()
        if found.function == "loss":
            assert len(line) <= width


def test_a_folded_graph_is_told_by_its_worst_holders():
    shown = graph_text([folded(explanation())])
    assert "1,004 nodes (tape), folded by source line" in shown
    assert "v1  keeps 16 B (100%)" in shown
    assert "251 operations: tanh ×250, add ×1" in shown
    assert "reads x ×250, v3 ×249" in shown


def test_several_backends_stand_beside_each_other_in_the_update():
    other = explanation(backend="torch")
    shown = graph_text([explanation(), other])
    assert "native and torch agree in every loss to the last bit." in shown
    assert re.search(r"^ +0  5 +2 +5 +2$", shown, re.MULTILINE)
    steps = (DescentStep(loss=5.0, gradient_norm=2.0), DescentStep(loss=4.04, gradient_norm=1.0))
    differs = other.model_copy(update={"descent": Descent(rate=0.1, names=("x",), steps=steps)})
    assert "agree in every loss to a relative 0.01." in graph_text([explanation(), differs])


def test_a_loss_that_rises_is_told_with_what_to_try():
    steps = tuple(DescentStep(loss=v, gradient_norm=1.0) for v in (1.0, 0.5, 2.0))
    rising = explanation(descent=Descent(rate=0.5, names=("x",), steps=steps))
    said = "The loss rose after update 2: a rate of 0.5 is too large here. Try --rate 0.05."
    assert said in graph_text([rising], 100)
    assert said in graph_html([rising])
    ended = tuple(DescentStep(loss=v, gradient_norm=1.0) for v in (1.0, float("nan")))
    gone = explanation(descent=Descent(rate=0.5, names=("x",), steps=ended))
    assert "The loss became nan after update 1" in graph_text([gone])


def test_an_end_outside_the_domain_is_told():
    steps = (DescentStep(loss=1.0, gradient_norm=1.0),)
    ended = Descent(rate=0.5, names=("x",), steps=steps, stopped="ValueError: \x1b[2J no")
    said = "After update 1 the function raised ValueError: \\x1b[2J no."
    assert said in graph_text([explanation(descent=ended)], 100)
    assert said in graph_html([explanation(descent=ended)])


def test_many_updates_are_shortened():
    steps = tuple(DescentStep(loss=100.0 - i, gradient_norm=1.0) for i in range(101))
    shown = graph_text([explanation(descent=Descent(rate=0.1, names=("x",), steps=steps))])
    assert "\n       9  91 " in shown
    assert "\n       …\n      96  4 " in shown


# SVG and HTML.


@pytest.mark.parametrize("found", ALL)
def test_svg_is_xml_with_a_title_for_every_node_and_no_element_of_the_users(found):
    tree = ElementTree.fromstring(str(graph_svg(found)))
    names = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert names <= {"svg", "title", "desc", "style", "rect", "path", "text", "g"}
    groups = tree.findall("{http://www.w3.org/2000/svg}g")
    assert len(groups) == len(found.graph.nodes) + len(found.graph.outputs)
    assert all(len(group[0].text) > 0 for group in groups)
    assert tree.get("role") == "img"


def test_svg_says_what_a_node_is():
    tree = ElementTree.fromstring(str(graph_svg(explanation())))
    titles = [e.text for e in tree.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[2] == (
        "v1 = multiply  (2,)\n∂x: g * y\n∂x: g * x\nvalue    [1, 4]\nadjoint  [1, 1]\nkeeps 16 B\n"
        "d_x gains g * y\nd_x gains g * x\nholds on to x\nthe rule is from A Book, 1.2\n"
        "model.py:5  h = np.tanh(x * w)"
    )


def test_an_edge_of_a_loop_is_drawn_back():
    assert 'class="edge back"' in graph_svg(folded(explanation()))
    assert 'class="edge back"' not in graph_svg(explanation())


@pytest.mark.parametrize("found", ALL)
def test_html_is_valid_and_asks_nothing_of_the_network(found):
    page = graph_html([found, found])
    html5lib.HTMLParser(strict=True).parse(page)
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_html_has_each_part():
    page = graph_html([explanation()])
    for part in (
        "<title>loss explained (native)</title>",
        "1&ensp;Build the graph",
        "2, 3&ensp;Forward and backward",
        "4&ensp;Update",
        "d_x += g * y",
        "import numpy as np",
        "16 B",
        "def loss(x): ...",
        "prefers-color-scheme:dark",
    ):
        assert part in page


# dot and Mermaid.


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pydot's own use of pyparsing
@pytest.mark.parametrize("found", ALL)
def test_dot_is_read_by_a_parser_of_the_language(found):
    pydot = pytest.importorskip("pydot", reason="pydot reads dot, and is not installed")
    (graph,) = pydot.graph_from_dot_data(graph_dot(found))
    nodes = {node.get_name() for node in graph.get_nodes()} - {"node", "edge"}
    wanted = {f"n{node.id}" for node in found.graph.nodes}
    assert nodes == wanted | {f"out{i}" for i in range(len(found.graph.outputs))}
    edges = sum(len(node.inputs) for node in found.graph.nodes)
    outputs = sum(output.node is not None for output in found.graph.outputs)
    assert len(graph.get_edges()) == edges + outputs


MERMAID_NODE = re.compile(r'  (n|out)\d+(\(\[".*"\]\)|\[".*"\])')
MERMAID_EDGE = re.compile(r'  n\d+ -->(\|".*"\|)? (n|out)\d+')
MERMAID_TEXT = re.compile(r"([\w .,:=+\-()/×…·²³⁻¹ᵀᴴ→∂Σ∏\[\]'|@*]|#\d+;|<br/>)*")


@pytest.mark.parametrize("found", ALL)
def test_mermaid_has_nothing_between_quotes_that_could_end_them(found):
    comment, head, *lines = graph_mermaid(found).splitlines()
    assert comment.startswith("%% ")
    assert head == "flowchart TD"
    for line in lines:
        assert MERMAID_NODE.fullmatch(line) or MERMAID_EDGE.fullmatch(line), line
        if '"' in line:
            inside = line[line.index('"') + 1 : line.rindex('"')]
            assert MERMAID_TEXT.fullmatch(inside), inside
    count = len(found.graph.nodes) + len(found.graph.outputs)
    assert sum(bool(MERMAID_NODE.fullmatch(line)) for line in lines) == count
