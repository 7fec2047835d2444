"""A stand-in for `ltseq._native` that records what the package asks of it and computes no rows.

It serves the tests of what happens before the engine: capture, payloads, errors at the call.
"""

from __future__ import annotations

import json
import types


class NativeError(Exception):
    def __init__(self, code, message, **fields):
        super().__init__(message)
        self.code, self.message = code, message
        self.line, self.column, self.hint = fields.get("line"), fields.get("column"), fields.get("hint")
        self.nearest, self.available = fields.get("nearest", []), fields.get("available", [])


COMPARISONS = {
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "and",
    "or",
    "invert",
    "is_null",
    "is_not_null",
    "same",
    "between",
    "is_in",
}


class Plan:
    """A plan that knows its schema and order, and the verb and payload that made it."""

    def __init__(self, schema, order=None, name=None, made_by=None, source=None, others=()):
        self._schema = list(schema.items()) if isinstance(schema, dict) else list(schema)
        self._order = order
        self._name = name
        self.made_by = made_by
        self.source = source
        self.others = list(others)

    def schema(self):
        return list(self._schema)

    def order(self):
        return self._order

    def name(self):
        return self._name

    def known_count(self):
        return None

    def expr_type(self, payload, others=()):
        return self._type(json.loads(payload))

    def _type(self, node):
        if node["type"] == "Column":
            return dict(self._schema)[node["name"]]
        if node["type"] == "Literal":
            return {"Int64": "int64", "Float64": "float64", "Utf8": "string", "Boolean": "bool", "Null": "null"}[
                node["dtype"]
            ]
        if node["func"] in COMPARISONS or node["func"] in {"search_pattern", "search_first"}:
            return "bool"
        return self._type(node["args"][0]) if node["args"] else "int64"

    def expr_text(self, payload, others=()):
        return f"text of {json.loads(payload).get('func')}"

    def verb(self, name, payload, others):
        payload = json.loads(payload)
        schema, order = self._after(name, payload, others)
        return Plan(schema, order, None, (name, payload), self, others)

    def _after(self, name, payload, others):
        schema, order = dict(self._schema), self._order
        if name in {"select", "derive", "runs_derive"}:
            new = {column["name"]: self._type(column["expr"]) for column in payload["columns"]}
            schema = new if name == "select" else {**schema, **new}
        elif name == "drop":
            schema = {key: kind for key, kind in schema.items() if key not in payload["columns"]}
        elif name == "rename":
            schema = {payload["mapping"].get(key, key): kind for key, kind in schema.items()}
        elif name in {"sort", "assume_sorted"}:
            keys = [{"expr": key, "desc": False} for key in payload["partition_by"]] + payload["keys"]
            order = []
            for key in keys:
                if key["expr"]["type"] != "Column":
                    break
                order.append((key["expr"]["name"], key["desc"]))
            order = order or None
        elif name == "agg":
            schema = {column["name"]: self._type(column["expr"]) for column in payload["by"] + payload["aggs"]}
            order = None
        elif name == "runs_agg":
            schema = {column["name"]: self._type(column["expr"]) for column in payload["aggs"]}
        elif name == "link":
            schema |= {f"{payload['alias']}_{key}": kind for key, kind in others[0].schema()}
        elif name in {"join", "asof_join"}:
            right = dict(others[0].schema())
            pairs = payload["right" if name == "join" else "right_columns"]
            schema |= {new: right[old] for old, new in pairs}
        return schema, order

    @property
    def payload(self):
        return self.made_by[1]


class Engine:
    def __init__(self, config=None):
        raise RuntimeError("the fake starts no engine")


class Stream:
    pass


class Batch:
    pass


class Result:
    pass


def module():
    """The stand-in as a module object."""
    made = types.ModuleType("ltseq._native")
    for item in (NativeError, Engine, Plan, Result, Stream, Batch):
        setattr(made, item.__name__, item)
    return made
