//! Random queries: WITH, set operations, SELECT and its clauses.

use super::Generator;
use super::expr::Place;
use super::schema::Type;
use super::scope::{Column, Cte, Level, Scope};
use super::tree::{Kind, Node, node};

/// A query and its outputs.
pub(super) struct Query {
    pub(super) node: Node,
    pub(super) columns: Vec<Column>,
}

/// A query without its ORDER BY, and what may stand there before the outputs' positions.
struct Body {
    node: Node,
    columns: Vec<Column>,
    orders: Vec<Node>,
    /// DISTINCT ON: the orders have to come first.
    on: bool,
}

/// Labels that stand for something else elsewhere.
const LABELS: [&str; 14] = [
    "rating",
    "timestamp",
    "record_date",
    "id",
    "a",
    "b",
    "x",
    "timestamp_utc",
    "feedback_useful",
    "telefono",
    "solver",
    "version",
    "size",
    "select",
];

impl Generator {
    /// A query with outputs of the wanted types, or any; of at most one row when `single`.
    pub(super) fn query(&mut self, outer: &Scope, want: Option<&[Type]>, depth: usize, single: bool) -> Query {
        let mut scope = outer.clone();
        let with = if depth > 0 && self.seed.chance(12) && self.spend() {
            self.with(&mut scope, depth - 1)
        } else {
            Node::empty()
        };
        let body = self.body(&scope, want, depth, single);
        let order = self.order(&body, single);
        Query { node: node![Kind::Query; with, body.node, order], columns: body.columns }
    }

    fn with(&mut self, scope: &mut Scope, depth: usize) -> Node {
        if self.seed.chance(25) {
            return self.recursive(scope);
        }
        let mut items = Vec::new();
        for _ in 0..=self.seed.below(2) {
            let name = *self.seed.pick(&["w", "q", "solver", "customers", "solver_runs", "clientes", "rating"]);
            if items.iter().any(|(n, _)| *n == name) {
                continue;
            }
            let query = self.query(scope, None, depth, false);
            let mut columns = query.columns;
            let spelled = self.ident(name);
            let names = self.column_list(&mut columns);
            let word = *self.seed.pick(&[" AS (", " AS MATERIALIZED ("]);
            items.push((name, node![Kind::Fixed; spelled, names, word, query.node, ")"]));
            scope.ctes.push(Cte { name: name.to_owned(), columns });
        }
        let items = items.into_iter().map(|(_, item)| item).collect();
        node![Kind::Clause; "WITH ", Node::list(", ", 1, items), " "]
    }

    /// Counts to three, with a column of a table beside.
    fn recursive(&mut self, scope: &mut Scope) -> Node {
        let name = *self.seed.pick(&["w", "solver", "swapped"]);
        let of = *self.seed.pick(&[Type::Text, Type::Date, Type::Time]);
        let (from, level) = self.from(scope, 0);
        let inside = scope.with(level);
        let first = self.expr(of, Place::plain(&inside), 1);
        let label = *self.seed.pick(&["rating", "x", "record_date"]);
        let columns = vec![Column::new("n", Type::Int), Column::new(label, of)];
        scope.ctes.push(Cte { name: name.to_owned(), columns });
        let label = self.ident(label);
        let hidden = node![Kind::Fixed; " FROM ", name];
        node![Kind::Clause; "WITH RECURSIVE ", name, "(n, ", label.clone(), ") AS (SELECT 1, ", first, " FROM ", from,
            " UNION SELECT n + 1, ", label, hidden, " WHERE n < 3) "]
    }

    fn body(&mut self, scope: &Scope, want: Option<&[Type]>, depth: usize, single: bool) -> Body {
        if depth > 0 && self.seed.chance(12) && self.spend() {
            return self.set_operation(scope, want, depth);
        }
        if !single && self.seed.chance(2) {
            let types = want.map_or_else(|| vec![Type::Int, Type::Text], <[Type]>::to_vec);
            let row = |g: &mut Self| {
                let items = types.iter().map(|of| g.expr(*of, Place::plain(scope), 1)).collect();
                node![Kind::Fixed; "(", Node::list(", ", 1, items), ")"]
            };
            let rows = vec![row(self), row(self)];
            let columns = types.iter().enumerate().map(|(i, of)| Column::new(&format!("column{}", i + 1), *of));
            return Body {
                node: node![Kind::Fixed; "VALUES ", Node::list(", ", 1, rows)],
                columns: columns.collect(),
                orders: Vec::new(),
                on: false,
            };
        }
        self.select(scope, want, depth)
    }

    fn set_operation(&mut self, scope: &Scope, want: Option<&[Type]>, depth: usize) -> Body {
        let types = want
            .map_or_else(|| (0..=self.seed.below(3)).map(|_| *self.seed.pick(&Type::ALL)).collect(), <[Type]>::to_vec);
        let branch = |g: &mut Self| {
            if g.seed.chance(25) {
                let query = g.query(scope, Some(&types), depth - 1, false);
                (node![Kind::Query; "(", query.node, ")"], query.columns)
            } else {
                let body = g.select(scope, Some(&types), depth - 1);
                // DISTINCT ON needs an order, which only parentheses can hold.
                let order = if body.on { g.order(&body, false) } else { Node::empty() };
                let (open, close) = if body.on { ("(", ")") } else { ("", "") };
                (node![Kind::Query; open, body.node, order, close], body.columns)
            }
        };
        let (left, columns) = branch(self);
        let (right, _) = branch(self);
        let word = *self.seed.pick(&[" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ", " EXCEPT ALL "]);
        let labels = columns.iter().filter_map(|c| c.name.clone()).collect::<Vec<_>>();
        let mut orders = Vec::new();
        if !labels.is_empty() && self.seed.chance(40) {
            let label = self.seed.pick(&labels).clone();
            let label = self.ident(&label);
            orders.push(node![Kind::Fixed; label]);
        }
        Body { node: node![Kind::Fixed; left, word, right], columns, orders, on: false }
    }

    /// ORDER BY over everything, so that the rows have one order; LIMIT only behind it.
    fn order(&mut self, body: &Body, single: bool) -> Node {
        if !(single || body.on || self.seed.chance(65)) {
            return Node::empty();
        }
        let mut items = Vec::new();
        let directions = ["", "", " DESC", " NULLS FIRST", " ASC"];
        for order in &body.orders {
            let direction = *self.seed.pick(&directions);
            items.push(node![Kind::Fixed; order.clone(), direction]);
        }
        for position in 1..=body.columns.len() {
            let direction = *self.seed.pick(&directions);
            items.push(node![Kind::Fixed; position.to_string(), direction]);
        }
        let space = self.space();
        let order = node![Kind::Fixed; "ORDER BY ", Node::list(", ", 1, items)];
        let limit = if single {
            node![Kind::Fixed; " LIMIT 1"]
        } else if self.seed.chance(25) {
            let limit = *self.seed.pick(&[" LIMIT 3", " FETCH FIRST 2 ROWS ONLY", " LIMIT 5 OFFSET 1", " OFFSET 2"]);
            node![Kind::Clause; limit]
        } else {
            Node::empty()
        };
        let kind = if single || body.on { Kind::Fixed } else { Kind::Clause };
        node![kind; space, order, limit]
    }

    fn select(&mut self, outer: &Scope, want: Option<&[Type]>, depth: usize) -> Body {
        let (from, level) = self.from(outer, depth);
        let scope = outer.with(level.clone());
        let condition = if self.seed.chance(45) {
            let condition = self.condition(Place::plain(&scope), depth.min(2));
            let space = self.space();
            node![Kind::Clause; space, "WHERE ", condition]
        } else {
            Node::empty()
        };
        let tail = node![Kind::Fixed; " FROM ", from, condition];
        if self.seed.chance(28) {
            return self.grouped(outer, &scope, &level, want, depth, tail);
        }
        self.ungrouped(&scope, &level, want, depth, tail)
    }

    fn ungrouped(&mut self, scope: &Scope, level: &Level, want: Option<&[Type]>, depth: usize, tail: Node) -> Body {
        let named = self.seed.chance(6);
        let place = Place { windows: true, named, ..Place::plain(scope) };
        let (mut items, mut columns) = (Vec::new(), Vec::new());
        let count = want.map_or_else(|| 1 + self.seed.below(4), <[Type]>::len);
        for number in 0..count {
            if want.is_none() && self.seed.chance(14) {
                items.push(self.star(level, &mut columns));
                continue;
            }
            let of = want.map_or_else(|| *self.seed.pick(&Type::ALL), |w| w[number]);
            let node = self.expr(of, place, depth.min(2));
            items.push(self.labelled(node, of, &mut columns));
        }
        let window = if named {
            let spec = self.window_spec(Place::plain(scope), 1);
            node![Kind::Fixed; " WINDOW rating AS (", spec, ")"]
        } else {
            Node::empty()
        };
        let list = Node::list(", ", 1, items.clone());
        let distinct = self.seed.below(20);
        let (word, orders) = match distinct {
            0 | 1 => ("DISTINCT ", self.label_orders(&columns)),
            2 => {
                let on = self.any_order(scope, &columns);
                let node = node![Kind::Fixed; "SELECT DISTINCT ON (", on.clone(), ") ", list, tail, window];
                return Body { node, columns, orders: vec![on], on: true };
            }
            _ => ("", if self.seed.chance(50) { vec![self.any_order(scope, &columns)] } else { Vec::new() }),
        };
        let space = self.space();
        Body { node: node![Kind::Fixed; "SELECT", space, word, list, tail, window], columns, orders, on: false }
    }

    fn star(&mut self, level: &Level, columns: &mut Vec<Column>) -> Node {
        let source = self.seed.pick(level).clone();
        match source.name {
            Some(name) if self.seed.chance(60) => {
                columns.extend(source.columns);
                let spelled = self.ident(&name);
                match source.schema {
                    Some(schema) if self.seed.chance(25) => node![Kind::Fixed; schema, ".", spelled, ".*"],
                    _ => node![Kind::Fixed; spelled, ".*"],
                }
            }
            _ => {
                for source in level {
                    let merged = |c: &&Column| !source.merged.iter().any(|m| Some(m) == c.name.as_ref());
                    columns.extend(source.columns.iter().filter(merged).cloned());
                }
                node![Kind::Fixed; "*"]
            }
        }
    }

    /// An item of a select list, with or without a label.
    fn labelled(&mut self, node: Node, of: Type, columns: &mut Vec<Column>) -> Node {
        let usable = true;
        if self.seed.chance(45) {
            let text = node.print().0;
            let bare = text.rsplit('.').next().unwrap_or_default();
            let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
            let column = !bare.is_empty() && bare.chars().all(is_name) && !["true", "false"].contains(&bare);
            columns.push(Column { name: column.then(|| bare.to_owned()), of, usable });
            return node;
        }
        let label = *self.seed.pick(&LABELS);
        columns.push(Column { name: Some(label.to_owned()), of, usable });
        let spelled = self.ident(label);
        node![Kind::Fixed; node, node![Kind::Clause; " AS ", spelled]]
    }

    fn label_orders(&mut self, columns: &[Column]) -> Vec<Node> {
        let labels: Vec<&String> = columns.iter().filter_map(|c| c.name.as_ref()).collect();
        if labels.is_empty() || self.seed.chance(50) {
            return Vec::new();
        }
        let label = (*self.seed.pick(&labels)).clone();
        let label = self.ident(&label);
        vec![node![Kind::Fixed; label]]
    }

    /// A label, a column or an expression.
    fn any_order(&mut self, scope: &Scope, columns: &[Column]) -> Node {
        if self.seed.chance(35)
            && let Some(label) = self.label_orders(columns).pop()
        {
            return label;
        }
        let of = *self.seed.pick(&Type::ALL);
        match self.column(of, scope) {
            Some(column) if self.seed.chance(60) => column,
            // A constant by itself is no order.
            _ => {
                let by = self.expr(of, Place::plain(scope), 1);
                node![Kind::Fixed; "coalesce(", by, ")"]
            }
        }
    }

    fn grouped(
        &mut self,
        outer: &Scope,
        scope: &Scope,
        level: &Level,
        want: Option<&[Type]>,
        depth: usize,
        tail: Node,
    ) -> Body {
        let parameters = std::mem::replace(&mut self.parameters, false);
        let mut keys: Vec<(Node, Type)> = Vec::new();
        for _ in 0..self.seed.below(4) {
            let of = *self.seed.pick(&Type::ALL);
            let depth = usize::from(self.seed.chance(35));
            // A constant as a key would be a position.
            if let Some(column) = self.column(of, scope) {
                let key = if depth > 0 { self.derived_key(of, column, scope) } else { column };
                keys.push((key, of));
            }
        }
        let by_key = self.by_primary_key(scope, level);
        self.parameters = parameters;
        let mut offered = keys.clone();
        if let Some((key, columns)) = by_key {
            keys.push((key.clone(), Type::Int));
            offered.extend(columns);
        }
        let place = Place { keys: Some(&offered), inner: outer, ..Place::plain(scope) };
        let (mut items, mut columns, mut by) = (Vec::new(), Vec::new(), Vec::new());
        let wanted = want
            .map_or_else(|| (0..=self.seed.below(4)).map(|_| *self.seed.pick(&Type::ALL)).collect(), <[Type]>::to_vec);
        for of in wanted {
            let node = self.expr(of, place, depth.min(2));
            items.push(self.labelled(node, of, &mut columns));
        }
        for (key, of) in &keys {
            let mut element = key.clone();
            if want.is_none() && self.seed.chance(60) {
                items.push(self.labelled(key.clone(), *of, &mut columns));
                let label = columns.last().and_then(|c| c.name.clone());
                element = match (self.seed.below(4), label) {
                    (0, _) => node![Kind::Fixed; items.len().to_string()],
                    (1, Some(label)) => {
                        let label = self.ident(&label);
                        node![Kind::Fixed; label]
                    }
                    _ => element,
                };
            }
            by.push(element);
        }
        let by = self.group_by(by);
        let having = if self.seed.chance(20) {
            let condition = self.condition(place, 1);
            node![Kind::Clause; " HAVING ", condition]
        } else {
            Node::empty()
        };
        // Without a key and without an aggregate it would not be grouped.
        let having = if keys.is_empty() { node![Kind::Fixed; " HAVING count(*) >= 0"] } else { having };
        let orders = if self.seed.chance(30) { vec![self.any_group_order(place)] } else { self.label_orders(&columns) };
        Body {
            node: node![Kind::Fixed; "SELECT ", Node::list(", ", 1, items), tail, by, having],
            columns,
            orders,
            on: false,
        }
    }

    fn any_group_order(&mut self, place: Place<'_>) -> Node {
        let of = *self.seed.pick(&Type::ALL);
        let order = self.leaf(of, place);
        // As above.
        node![Kind::Fixed; "coalesce(", order, ")"]
    }

    fn derived_key(&mut self, of: Type, column: Node, scope: &Scope) -> Node {
        let kind = Kind::Expr(of);
        match of {
            Type::Int => node![kind; "(", column, " + 1)"],
            Type::Text => node![kind; "upper(", column, ")"],
            Type::Time => node![kind; "date_trunc('day', ", column, ", 'UTC')"],
            Type::Date => node![kind; "(", column, " + 7)"],
            _ => match self.column(of, scope) {
                Some(other) => node![kind; "coalesce(", column, ", ", other, ")"],
                None => column,
            },
        }
    }

    /// The primary key of a table: all its other columns follow from it.
    fn by_primary_key(&mut self, scope: &Scope, level: &Level) -> Option<(Node, Vec<(Node, Type)>)> {
        if !self.seed.chance(25) {
            return None;
        }
        let source = self.seed.pick(level).clone();
        let (name, key) = (source.name.clone()?, source.key?);
        let of_it: Vec<_> = scope
            .references()
            .into_iter()
            .filter(|r| r.level + 1 == scope.levels.len() && r.source.as_ref() == Some(&name))
            .collect();
        let key = of_it.iter().find(|r| r.column == key)?.clone();
        let key = self.spelled(&key);
        let columns = of_it.iter().map(|r| {
            let name = self.spelled(r);
            (node![Kind::Expr(r.of); name], r.of)
        });
        Some((node![Kind::Fixed; key], columns.collect()))
    }

    fn group_by(&mut self, by: Vec<Node>) -> Node {
        if by.is_empty() {
            return Node::empty();
        }
        let (open, close) = match self.seed.below(9) {
            0 => ("ROLLUP (", ")"),
            1 => ("CUBE (", ")"),
            2 => ("GROUPING SETS ((), ", ")"),
            3 => ("GROUPING SETS ((", "), ())"),
            4 => ("DISTINCT ", ""),
            _ => ("", ""),
        };
        let space = self.space();
        node![Kind::Clause; space, "GROUP BY ", open, Node::list(", ", 1, by), close]
    }
}
