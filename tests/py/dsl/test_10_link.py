"""Section 10, the rows `link` and LinkedTable."""

from __future__ import annotations

import pytest

import ltseq
from ltseq import ArgumentError, ColumnNotFoundError, JoinConditionError, LinkedTable, LTSeq, SortRequiredError


def rows(table, *names):
    return [tuple(row[name] for name in names) if len(names) > 1 else row[names[0]] for row in table.to_dicts()]


def on(o, p):
    return o.prod == p.pid


@pytest.fixture
def orders():
    return LTSeq.from_dict({"id": [3, 1, 2], "prod": [7, 8, 9], "qty": [1, 2, 3]}).sort("id", desc=True)


@pytest.fixture
def products():
    return LTSeq.from_dict({"pid": [7, 8], "name": ["nut", "bolt"], "cat": [1, 2]})


@pytest.fixture
def linked(orders, products):
    return orders.link(products, on=on, as_="p")


# link(target_table, on, as_=None, join_type="inner", *, alias=None)


def test_target_columns_are_reached_by_alias(linked):
    assert isinstance(linked, LinkedTable)
    assert isinstance(linked, LTSeq)
    assert linked.columns == ["id", "prod", "qty", "p_pid", "p_name", "p_cat"]
    assert linked.schema["p_name"] == "string"
    assert rows(linked.select("id", lambda r: r.p.name), "id", "p_name") == [(3, "nut"), (1, "bolt")]
    assert linked.select(lambda r: r.p["name"]).columns == ["p_name"]
    assert linked.select("p_name", lambda r: r.p_cat).columns == ["p_name", "p_cat"]
    assert rows(linked.filter(lambda r: r.p.name == "bolt"), "id") == [1]
    assert linked.to_dicts()[0] == {"id": 3, "prod": 7, "qty": 1, "p_pid": 7, "p_name": "nut", "p_cat": 1}


@pytest.mark.parametrize(
    "options",
    [
        {"on": on, "as_": "p"},
        {"on": on, "alias": "p"},
        {"on": lambda o, p: p.pid == o.prod, "as_": "p"},
        {"on": lambda o, p: (o.prod == p.pid) & (o.qty == p.cat), "as_": "p", "join_type": "inner"},
    ],
)
def test_ways_to_link(orders, products, options):
    made = orders.link(products, **options)
    assert rows(made, "id", "p_name") == [(3, "nut"), (1, "bolt")]


def test_parameters_stand_in_the_order_of_the_contract(orders, products):
    made = orders.link(products.rename(pid="prod"), "prod", "p", "left")
    assert rows(made, "id", "p_name") == [(3, "nut"), (2, None), (1, "bolt")]
    several = orders.link(products.rename(pid="prod", cat="qty"), ["prod", "qty"], "p")
    assert rows(several, "id") == [3, 1]


def test_the_alias_is_by_default_the_name_of_the_target(orders, products, tmp_path):
    assert orders.link(products, on=on).columns[3:] == ["link_pid", "link_name", "link_cat"]
    assert orders.link(products, on=on).alias == "link"
    path = tmp_path / "products.csv"
    path.write_text("pid,name\n7,nut\n")
    made = orders.link(LTSeq.read_csv(path), on=on)
    assert made.alias == "products"
    assert rows(made.select("id", lambda r: r.products.name), "products_name") == ["nut"]


@pytest.mark.parametrize(
    ("join_type", "expected"),
    [
        ("inner", [(3, "nut"), (1, "bolt")]),
        ("left", [(3, "nut"), (2, None), (1, "bolt")]),
        ("right", [(3, "nut"), (1, "bolt"), (None, "cog"), (None, "nil")]),
        ("full", [(3, "nut"), (2, None), (1, "bolt"), (None, "cog"), (None, "nil")]),
    ],
)
def test_join_types(orders, products, join_type, expected):
    extra = products.union(LTSeq.from_dict({"pid": [5, None], "name": ["cog", "nil"], "cat": [3, 4]}))
    made = orders.link(extra, on=on, as_="p", join_type=join_type)
    assert rows(made, "id", "p_name") == expected
    assert made.join_type == join_type
    # However the rows are asked for, they follow the join.
    assert made.count() == len(made) == len(expected)
    assert rows(made.select("id"), "id") == [n for n, _ in expected]
    assert rows(made.to_ltseq(), "id", "p_name") == rows(made.collect(), "id", "p_name") == expected
    assert made.agg(n=lambda g: g.count()).to_dicts() == [{"n": len(expected)}]


def test_link_fans_out_in_the_order_of_the_target(orders):
    many = LTSeq.from_dict({"pid": [7, 7, 7], "tag": ["y", "x", "z"]})
    assert rows(orders.link(many, on=on, as_="m"), "m_tag") == ["y", "x", "z"]
    assert rows(orders.link(many.sort("tag"), on=on, as_="m"), "m_tag") == ["x", "y", "z"]


def test_a_real_column_wins_over_an_alias():
    left = LTSeq.from_dict({"k": [1], "p": [5]})
    made = left.link(LTSeq.from_dict({"k": [1], "v": [2]}), on="k", as_="p")
    assert made.select(lambda r: r.p).to_dicts() == [{"p": 5}]
    assert made.select("p_v").to_dicts() == [{"p_v": 2}]


def test_sqls_star_leaves_linked_columns_out(linked):
    assert linked.sql("SELECT * FROM self").count() == 2
    made = ltseq.sql("SELECT * FROM o LINK p AS p ON o.prod = p.pid", o=linked.source, p=linked.target)
    assert made.columns == ["id", "prod", "qty"]


@pytest.mark.parametrize(
    ("options", "error", "phrase"),
    [
        ({"on": on, "as_": "p", "alias": "p"}, ArgumentError, "alias"),
        ({"on": on, "as_": "p", "alias": "q"}, ArgumentError, "alias"),
        ({"on": on, "join_type": "outer"}, ArgumentError, "Invalid join type"),
        ({"on": on, "join_type": None}, ArgumentError, "Invalid join type"),
        ({"on": on, "as_": 1}, ArgumentError, "alias"),
        ({"on": on, "as_": ""}, ArgumentError, "alias"),
        ({}, ArgumentError, "on"),
        ({"on": []}, ArgumentError, "names no column"),
        ({"on": lambda o, p: o.prod >= p.pid}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda o, p: o.prod == 7}, JoinConditionError, "Invalid join condition"),
        ({"on": lambda o, p: o.nope == p.pid}, ColumnNotFoundError, "nope"),
        ({"on": lambda o, p: o.nope == p.pid}, JoinConditionError, "nope"),
        ({"on": "prod"}, ColumnNotFoundError, "'prod'"),
    ],
)
def test_wrong_arguments_of_links(orders, products, options, error, phrase):
    with pytest.raises(error, match=phrase):
        orders.link(products, **options)


def test_a_taken_name_is_refused(orders, products):
    with pytest.raises(ArgumentError, match="'p_name' is taken"):
        orders.derive(p_name=lambda r: 1).link(products, on=on, as_="p")


def test_an_alias_serves_once_while_its_columns_are_there(orders, products):
    linked = orders.link(products, on=on, as_="p", join_type="left")
    with pytest.raises(ArgumentError, match="'p' is taken"):
        linked.link(products.rename(name="n", pid="i", cat="c"), on=lambda o, p: o.prod == p.i, as_="p")
    narrow = linked.to_ltseq().select("id")
    again = narrow.link(products, on=lambda o, p: o.id == p.cat, as_="p", join_type="left")
    assert rows(again.select("id", lambda r: r.p.name), "id", "p_name") == [(3, None), (2, "bolt"), (1, "nut")]


# LinkedTable: source, target, alias, join_type; to_ltseq, collect


def test_a_linked_table_knows_what_it_was_made_of(orders, products, linked):
    assert linked.source is orders
    assert linked.target is products
    assert (linked.alias, linked.join_type) == ("p", "inner")


def test_the_rows_as_a_table_are_the_same_object_each_time(linked):
    assert type(linked.to_ltseq()) is LTSeq
    assert linked.to_ltseq() is linked.to_ltseq()
    assert linked.collect() is linked.collect()
    assert type(linked.collect()) is LTSeq
    assert linked.to_ltseq().to_dicts() == linked.to_dicts() == linked.collect().to_dicts()
    assert linked.collect().sort_keys == [("id", True)]
    assert rows(linked.collect().select(lambda r: r.p.name), "p_name") == ["nut", "bolt"]


# Verbs that name only source columns leave the link open; any other gives LTSeq.


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        (lambda t: t.select("id"), [{"id": 3}, {"id": 1}]),
        (lambda t: t.select(n=lambda r: r.qty * 2), [{"n": 2}, {"n": 4}]),
        (lambda t: t.filter(lambda r: r.qty > 1).select("id"), [{"id": 1}]),
        (lambda t: t.derive(z=lambda r: r.qty + 1).select("z"), [{"z": 2}, {"z": 3}]),
        (lambda t: t.sort("id").select("id"), [{"id": 1}, {"id": 3}]),
        (lambda t: t.sort(lambda r: -r.qty).select("id"), [{"id": 1}, {"id": 3}]),
    ],
)
def test_verbs_of_source_columns_leave_the_link_open(linked, verb, expected):
    made = verb(linked)
    assert type(made) is LinkedTable
    assert (made.alias, made.join_type) == ("p", "inner")
    assert made.target is linked.target
    assert made.to_dicts() == expected
    assert made.count() == len(expected)
    # The target is still there for the next verb.
    assert made.derive(name=lambda r: r.p.name).count() == len(expected)


@pytest.mark.parametrize(
    "verb",
    [
        lambda t: t.select("id", lambda r: r.p.name),
        lambda t: t.select("p_name"),
        lambda t: t.filter(lambda r: r.p.cat > 0),
        lambda t: t.derive(z=lambda r: r.p.cat),
        lambda t: t.sort(lambda r: r.p.name),
        lambda t: t.head(1),
        lambda t: t.drop("qty"),
        lambda t: t.rename(qty="n"),
        lambda t: t.distinct("id"),
        lambda t: t.rvs(),
        lambda t: t.union(t),
        lambda t: t.update(lambda r: r.qty > 0, qty=1),
        lambda t: t.agg("id", n=lambda g: g.count()),
    ],
)
def test_any_other_verb_gives_a_plain_table(linked, verb):
    made = verb(linked)
    assert type(made) is LTSeq
    assert made.count() > 0


@pytest.mark.parametrize(("join_type", "source"), [("inner", [2, 1]), ("left", [2, 1]), ("right", [3, 2, 1])])
def test_a_filter_on_source_columns_filters_the_source_where_rows_come_from_it(orders, products, join_type, source):
    linked = orders.link(products, on=on, as_="p", join_type=join_type)
    kept = linked.filter(lambda r: r.qty > 1)
    assert type(kept) is LinkedTable
    assert rows(kept, "id") == ([2, 1] if join_type == "left" else [1])
    assert rows(kept.source, "id") == source


def test_a_narrowed_link_still_reaches_the_target(linked):
    narrow = linked.select("id")
    assert narrow.columns == ["id"]
    assert narrow.schema == {"id": "int64"}
    assert rows(narrow.select("id", lambda r: r.p.name), "id", "p_name") == [(3, "nut"), (1, "bolt")]
    assert narrow.filter(lambda r: r.p.name == "nut").to_dicts() == [{"id": 3}]
    assert narrow.derive(n=lambda r: r.p.name).to_dicts() == [{"id": 3, "n": "nut"}, {"id": 1, "n": "bolt"}]
    assert narrow.sort(lambda r: r.p.name).to_dicts() == [{"id": 1}, {"id": 3}]
    with pytest.raises(ColumnNotFoundError, match="'qty'"):
        narrow.filter(lambda r: r.qty > 1)


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        (
            lambda t: t.agg(lambda r: r.p.name, s=lambda g: g.qty.sum()).sort("s"),
            [{"p_name": "nut", "s": 1}, {"p_name": "bolt", "s": 2}],
        ),
        (
            lambda t: t.agg(lambda r: {"n": r.p.name}, s=lambda g: g.qty.sum()).sort("s"),
            [{"n": "nut", "s": 1}, {"n": "bolt", "s": 2}],
        ),
        (lambda t: t.agg("id", s=lambda g: g.p.cat.sum()).sort("s"), [{"id": 3, "s": 1}, {"id": 1, "s": 2}]),
        (lambda t: t.partition(lambda r: r.p.name)["nut"], [{"id": 3, "qty": 1}]),
        (lambda t: t.group_ordered(lambda r: r.p.cat > 0).last(), [{"id": 1, "qty": 2}]),
        (lambda t: t.group_ordered(lambda r: r.p.name).agg(lambda g: {"n": g.count()}), [{"n": 1}, {"n": 1}]),
        (lambda t: t.distinct(lambda r: r.p.cat > 0), [{"id": 3, "qty": 1}]),
        (lambda t: t.update(lambda r: r.p.name == "nut", qty=9), [{"id": 3, "qty": 9}, {"id": 1, "qty": 2}]),
        (lambda t: t.delete(lambda r: r.p.name == "nut"), [{"id": 1, "qty": 2}]),
        (lambda t: t.search_first(lambda r: r.p.cat > 1), [{"id": 1, "qty": 2}]),
        (lambda t: t.select(x=lambda r: r.p.cat.cum_sum()), [{"x": 1}, {"x": 3}]),
        (
            lambda t: t.fold(lambda s, r: s + r.id, init=0, into="f", partition_by=lambda r: r.p.name).select("f"),
            [{"f": 3}, {"f": 1}],
        ),
    ],
)
def test_every_verb_of_a_narrowed_link_reaches_the_target_and_shows_no_more_than_it_had(linked, verb, expected):
    assert verb(linked.select("id", "qty")).to_dicts() == expected


@pytest.mark.parametrize("join_type", ["inner", "left"])
def test_a_filter_that_reads_neighbours_sees_the_rows_of_the_join(orders, products, join_type):
    linked = orders.link(products.tail(1), on=on, as_="p", join_type=join_type)
    kept = linked.filter(lambda r: r.qty.shift().is_null())
    assert type(kept) is LinkedTable
    # The inner join leaves the row of the bolt alone.
    assert rows(kept, "id") == ([1] if join_type == "inner" else [3])
    assert rows(kept.select("id", lambda r: r.p.name), "p_name") == (["bolt"] if join_type == "inner" else [None])


def test_what_is_made_of_a_linked_table_still_knows_the_alias(linked):
    made = linked.head(1).filter(lambda r: r.p.name == "nut").derive(n=lambda r: r.p.cat + 1)
    assert rows(made, "id", "n") == [(3, 2)]
    with pytest.raises(ColumnNotFoundError):
        linked.drop("p_name").select(lambda r: r.p.name)


@pytest.mark.parametrize("wrong", [lambda r: r.p.nome, lambda r: r.p_nome, lambda r: r.q.name])
def test_an_unknown_target_column_is_not_found(linked, wrong):
    with pytest.raises(ColumnNotFoundError, match="not found in schema"):
        linked.filter(wrong)


def test_of_an_alias_without_columns_the_error_shows_what_the_table_has(linked):
    with pytest.raises(ColumnNotFoundError, match=r"Column 'p_name' not found in schema.*Available columns: id, qty"):
        linked.to_ltseq().select("id", "qty").filter(lambda r: r.p.name == "nut")


# Left rows keep their order


@pytest.mark.parametrize("join_type", ["inner", "left"])
def test_inner_and_left_links_keep_the_order_of_the_left_side(orders, products, join_type):
    linked = orders.link(products, on=on, as_="p", join_type=join_type)
    assert linked.sort_keys == [("id", True)]
    made = linked.derive(d=lambda r: r.p.cat.diff(), n=lambda r: ltseq.row_number())
    assert rows(made, "n") == list(range(1, linked.count() + 1))
    assert rows(made, "d") == ([None, 1] if join_type == "inner" else [None, None, None])


@pytest.mark.parametrize("join_type", ["right", "full"])
def test_a_link_that_adds_target_rows_has_no_declared_order(join_type):
    left = LTSeq.from_dict({"k": [3, 1], "x": [1, 2]}).sort("k", desc=True)
    linked = left.link(LTSeq.from_dict({"k": [1, 2, 3]}), on="k", as_="t", join_type=join_type)
    assert linked.sort_keys is None
    assert [row["t_k"] for row in linked.to_dicts()] == [3, 1, 2]
    with pytest.raises(SortRequiredError):
        linked.derive(p=lambda r: r.x.shift(1))
    assert linked.sort("t_k").derive(p=lambda r: r.x.shift(1)).count() == 3


@pytest.mark.parametrize("join_type", ["right", "full"])
@pytest.mark.parametrize("desc", [False, True])
def test_sql_of_a_link_that_adds_target_rows_names_no_key_that_they_break(join_type, desc):
    left = LTSeq.from_dict({"k": [3, 1], "x": [1, 2]}).sort("k", desc=desc)
    target = LTSeq.from_dict({"k": [1, 9, 3]})
    linked = left.link(target, on="k", as_="t", join_type=join_type)
    again = ltseq.sql(linked.to_sql(), mem_1=left, mem_2=target)
    assert again.to_dicts() == linked.to_dicts()
    # Target rows without a left row come last, as the NULLs of a rising key do.
    assert [row["t_k"] for row in again.to_dicts()][-1] == 9
    assert again.sort_keys == ([] if desc else [("k", False)])
    assert [row["t_k"] for row in again.sort("k", desc=True).to_dicts()] == [9, 3, 1]


# Chained conditions may use earlier aliases


def test_links_chain(linked):
    cats = LTSeq.from_dict({"cid": [1, 2], "title": ["small", "long"]})
    chained = linked.link(cats, on=lambda o, c: o.p.cat == c.cid, as_="c")
    assert rows(chained.select("id", lambda r: [r.p.name, r.c.title]), "id", "p_name", "c_title") == [
        (3, "nut", "small"),
        (1, "bolt", "long"),
    ]
    assert (chained.alias, chained.source) == ("c", linked)
    # The condition reaches what a select left out of the table.
    narrow = linked.select("id").link(cats, on=lambda o, c: o.p.cat == c.cid, as_="c")
    assert narrow.to_dicts() == [{"id": 3, "c_cid": 1, "c_title": "small"}, {"id": 1, "c_cid": 2, "c_title": "long"}]
    again = linked.link(cats, on=lambda o, c: o["p_cat"] == c.cid, as_="c")
    assert rows(again.filter(lambda r: (r.p.name == "nut") & (r.c.title == "small")), "id") == [3]


def test_a_table_links_to_itself():
    t = LTSeq.from_dict({"id": [1, 2, 3], "boss": [None, 1, 1]})
    linked = t.link(t, on=lambda a, b: a.boss == b.id, as_="b", join_type="left")
    assert rows(linked.select("id", lambda r: r.b.id), "id", "b_id") == [(1, None), (2, 1), (3, 1)]


# Unused target columns are not read


def test_unused_target_columns_are_not_read(linked):
    plan = linked.select("id", lambda r: r.p.name).explain()
    assert "cat" not in plan.split("Physical plan")[1]
    assert "name" not in linked.select("id").explain().split("Physical plan")[1]


def test_a_link_is_lazy(orders, products):
    twice = products.select(pid=lambda r: r.pid // (r.cat - 1), name=lambda r: r.name)
    linked = orders.link(twice, on=on, as_="p")
    assert linked.columns == ["id", "prod", "qty", "p_pid", "p_name"]
    with pytest.raises(ltseq.ExecutionError):
        linked.to_dicts()


@pytest.mark.parametrize("join_type", ["inner", "left", "right", "full"])
def test_links_of_empty_tables_keep_the_schema(orders, products, join_type):
    whole = orders.link(products, on=on, as_="p", join_type=join_type)
    for left, right in ((orders.head(0), products), (orders, products.head(0))):
        made = left.link(right, on=on, as_="p", join_type=join_type)
        assert (made.schema, made.sort_keys) == (whole.schema, whole.sort_keys)
        kept = {"inner": 0, "left": left.count(), "right": right.count(), "full": left.count() + right.count()}
        assert made.count() == kept[join_type]


def test_keys_without_a_type_never_match():
    empty, nulls = LTSeq.from_dict({"k": []}), LTSeq.from_dict({"k": [None, None], "v": [1, 2]})
    assert empty.sort("k").to_dicts() == []
    assert rows(nulls.sort("k").derive(p=lambda r: r.v.shift()), "v", "p") == [(1, None), (2, 1)]
    assert rows(nulls.join(nulls, on="k", how="left"), "v", "v_right") == [(1, None), (2, None)]
    linked = nulls.link(nulls, on=lambda r, s: r.k == s.k, alias="o", join_type="left").derive(w=lambda r: r.o.v)
    assert rows(linked, "w") == [None, None]
    assert rows(nulls.derive(w=lambda r: r.k.lookup(nulls, "v", join_key="k")), "w") == [None, None]
    assert empty.derive(w=lambda r: r.k.lookup(nulls, "v", join_key="k")).to_dicts() == []
    assert len(nulls.distinct("k").to_dicts()) == 1


@pytest.mark.parametrize("alias", ["two words", 'q"x', "UP", "select", "a.b", "_p", "__rn__", "p_name", "é"])
def test_any_alias_is_legal(orders, products, alias):
    linked = orders.link(products, on=on, as_=alias)
    assert linked.columns[3:] == [f"{alias}_{name}" for name in products.columns]
    assert rows(linked.select("id", lambda r: r[alias].name), f"{alias}_name") == ["nut", "bolt"]
    assert rows(linked.select(f"{alias}_cat"), f"{alias}_cat") == [1, 2]
