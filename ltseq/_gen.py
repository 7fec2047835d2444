"""Writes what follows from the function registry: `python -m ltseq._gen FILE…`, run by `make gen`.

`_generated.py` gets a method and a free function per entry, `functions.md` the reference. Every example is run,
and its answer is what stands in the text. A new function needs its registry entry alone: the module is written
once without answers, and again with those that a fresh interpreter, which has the new methods, gives.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from . import _native

Entry = dict[str, Any]

ROOT = Path(__file__).parent.parent

HEADER = '''"""Functions of the registry: methods, free functions, and what kind each is.

`make gen` writes this file from the Rust registry; a change belongs there.
One method per entry that has a first argument, one free function per entry, one line in FUNCTIONS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .expr.build import Keys, Value, as_column, call, free_on_column, ignoring, integer, optional, sequence, trailing

if TYPE_CHECKING:
    from .expr.nodes import CallExpr

SCALAR = "scalar"
AGGREGATE = "aggregate"
SEQUENCE = "sequence"


class Function(NamedTuple):
    """What the package must know of a function before the engine sees it."""

    kind: str
    needs_order: bool
'''

CLASS = '''

class RegistryMethods:
    """Sequence functions and ordered aggregates as methods on their first argument."""

    __slots__ = ()

'''

# The columns of the reference's `ticks` that fit on a line, in the order of ts.
TICKS = """\
>>> from ltseq import LTSeq
>>> columns = {"ts": [1, 2, 3, 4, 5, 6], "sym": [*"AABBBA"], "px": [1.0, 3.0, None, 2.0, 4.0, 5.0]}
>>> ticks = LTSeq.from_dict(columns).sort("ts")
"""

TYPES = {"integer": "int", "number": "float", "bool": "bool", "text": "str"}
LITERALS = {"NULL": "None", "true": "True", "false": "False"}
WINDOWED = ["partition_by: Keys = None", "ignore_nulls: bool = False"]
PASSED = ["partition_by=partition_by", "ignore_nulls=ignore_nulls"]


def registry() -> dict[str, list[Entry]]:
    """The registry of the engine: `functions` with their rules, and the other `methods` of the object API."""
    described: dict[str, list[Entry]] = json.loads(_native.registry())
    return described


def has_method(entry: Entry) -> bool:
    """Is it a method on its first argument? What takes an aggregate call or a window is Python's own."""
    return entry["values"]["form"] not in ("aggregate", "led")


def python_name(name: str) -> str:
    """The name of repeated arguments: `*keys` for key."""
    return f"{name}s"


def default_of(option: Entry) -> str:
    """A default as Python writes it."""
    default = str(option["default"])
    return LITERALS.get(default, default)


def typed(option: Entry) -> str:
    """A parameter with its type and default."""
    default = default_of(option)
    kind = TYPES.get(option["class"], "Value")
    if default == "None" and kind != "Value":
        kind += " | None"
    return f"{option['name']}: {kind} = {default}"


def parameters(entry: Entry, values: list[Entry]) -> list[str]:
    """The parameters of a method or function whose values are these, `*` included."""
    by_position = [option for option in entry["optional"] if option["positional"]]
    by_name = [typed(option) for option in entry["optional"] if not option["positional"]]
    if entry["kind"] == "sequence":
        by_name += WINDOWED
    elif entry["ignores_nulls"]:
        by_name += WINDOWED[1:]
    if entry["values"]["form"] == "repeats":
        made = [f"*{python_name(values[0]['name'])}: Value"]
    else:
        made = [f"{value['name']}: {TYPES.get(value['class'], 'Value')}" for value in values]
        made += [typed(option) for option in by_position]
        made += ["*"] if by_name else []
    return made + by_name


def arguments(entry: Entry, values: list[Entry]) -> list[str]:
    """What the call node is given for those parameters: integers checked, a str that names a column as one."""
    made = []
    for value in values:
        name = value["name"]
        if entry["values"]["form"] == "repeats":
            many = python_name(name)
            made.append(f"*{many}" if value["class"] == "bool" else f"*(as_column({name}) for {name} in {many})")
        elif value["class"] == "integer":
            made.append(f'integer({name}, "{name}", least=1)')
        else:
            made.append(f"as_column({name})")
    trailing = [f"({checked(option)}, {default_of(option)})" for option in entry["optional"] if option["positional"]]
    made += [f"*trailing({', '.join(trailing)})"] if trailing else []
    made += [f"{option['name']}={given(option)}" for option in entry["optional"] if not option["positional"]]
    if entry["kind"] == "sequence":
        return made + PASSED
    return made + (["ignore_nulls=ignoring(ignore_nulls)"] if entry["ignores_nulls"] else [])


def checked(option: Entry) -> str:
    """An optional argument by position; integers are checked at the call."""
    return f'integer({option["name"]}, "{option["name"]}")' if option["class"] == "integer" else str(option["name"])


def given(option: Entry) -> str:
    """An argument by name: absent where it was left at its default."""
    default = default_of(option)
    return f"optional({option['name']})" if default == "None" else f"optional({option['name']}, {default})"


def docstring(entry: Entry, output: str) -> str:
    """Summary, type, null and boundary rule, errors, and the example with its answer."""
    rule = f"Gives {entry['returns']}. {entry['rule'][0].upper()}{entry['rule'][1:]}."
    lines = [entry["summary"], "", *textwrap.wrap(rule, 100), *errors(entry), ""]
    lines += TICKS.splitlines()
    lines += doctest(entry)
    return "\n".join([*lines, *output.splitlines()])


def errors(entry: Entry) -> list[str]:
    """What a wrong call raises, a sentence per line."""
    integers = [option["name"] for option in entry["optional"] if option["class"] == "integer" and option["positional"]]
    integers += [v["name"] for v in entry["values"]["names"] if v["class"] == "integer"]
    lines = [f"`{name}` that is no int: ArgumentError." for name in integers]
    if entry["needs_order"]:
        hint = ", unless `.over(order_by=…)` gives one" if entry["kind"] == "sequence" else ""
        lines.append(f"Without an order: SortRequiredError{hint}.")
    return lines


def python_example(entry: Entry) -> str:
    """The example with the quotes that the package is written with."""
    return str(entry["python"]).replace("'", '"')


def doctest(entry: Entry) -> list[str]:
    """The example as an interpreter's input, one row per line of its answer."""
    return [f">>> for row in {python_example(entry)}:", "...     print(row)"]


def answers(entries: list[Entry]) -> dict[str, str]:
    """What the examples print, by function."""
    made = {}
    prepared = "\n".join(line.removeprefix(">>> ") for line in TICKS.splitlines())
    for entry in entries:
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(f"{prepared}\nfor row in {python_example(entry)}:\n    print(row)", {})
        made[entry["name"]] = printed.getvalue()
    return made


def definition(entry: Entry, values: list[Entry], output: str, *, method: bool) -> str:
    """A method, or a free function that no method stands for."""
    first = ["self"] if method else []
    signature = ", ".join(first + parameters(entry, values))
    passed = ", ".join([f'"{entry["name"]}"', *first, *arguments(entry, values)])
    builder = "sequence" if entry["kind"] == "sequence" else "call"
    text = textwrap.indent(docstring(entry, output), "    ", lambda line: bool(line.strip()))
    return (
        f"def {entry['name']}({signature}) -> CallExpr:\n"
        f'    """{text.lstrip()}\n    """\n    return {builder}({passed})\n'
    )


def method(entry: Entry, output: str) -> str:
    """The method on the first argument."""
    names = entry["values"]["names"]
    rest = names if entry["values"]["form"] == "repeats" else names[1:]
    return textwrap.indent(definition(entry, rest, output, method=True), "    ", lambda line: bool(line.strip()))


def function(entry: Entry, output: str) -> str:
    """The free function: the method's, unless it may go without arguments."""
    if entry["values"]["least"] == 0:
        return "\n\n" + definition(entry, entry["values"]["names"], output, method=False) + "\n\n"
    return f"{entry['name']} = free_on_column(RegistryMethods.{entry['name']})\n"


def module(outputs: dict[str, str]) -> str:
    """The text of `_generated.py`."""
    entries = registry()["functions"]
    own = [entry for entry in entries if has_method(entry)]
    lines = [
        f'    "{entry["name"]}": Function({entry["kind"].upper()}, needs_order={entry["needs_order"]}),\n'
        for entry in entries
    ]
    names = "".join(f'    "{name}",\n' for name in sorted(entry["name"] for entry in own))
    parts = [
        HEADER,
        f"\n\n__all__ = [\n{names}]\n",
        f"\nFUNCTIONS: dict[str, Function] = {{\n{''.join(lines)}}}\n",
        CLASS,
        "\n".join(method(entry, outputs.get(entry["name"], "")) for entry in own),
        "\n\n",
        "".join(function(entry, outputs.get(entry["name"], "")) for entry in own),
    ]
    return formatted("".join(parts))


def formatted(text: str) -> str:
    """The text as `ruff format` wants it: one judge of layout for what is written and what is generated."""
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--stdin-filename", "ltseq/_generated.py", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8", check=True).stdout


def ask_anew(what: str) -> str:
    """What this module prints for `what` in a fresh interpreter, which reads the module just written."""
    command = [sys.executable, "-m", "ltseq._gen", what]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True).stdout


def write(path: Path) -> None:
    """Writes one of the generated files."""
    if path.suffix == ".md":
        text = ask_anew("--reference")
    else:
        before = path.read_text(encoding="utf-8")
        path.write_text(module({}), encoding="utf-8")
        try:
            text = module(json.loads(ask_anew("--answers")))
        except subprocess.CalledProcessError:
            # An example that fails must not leave a module without answers behind.
            path.write_text(before, encoding="utf-8")
            raise
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path}")


def main(given: list[str]) -> None:
    """The command."""
    if given == ["--answers"]:
        print(json.dumps(answers([entry for entry in registry()["functions"] if has_method(entry)])))
    elif given == ["--reference"]:
        from . import _reference

        print(_reference.page(), end="")
    else:
        # The module first: the reference reads the signatures that it has.
        for path in sorted(map(Path, given), key=lambda path: path.suffix != ".py"):
            write(path)


if __name__ == "__main__":
    main(sys.argv[1:])
