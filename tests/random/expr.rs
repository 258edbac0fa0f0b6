//! Random expressions of a wanted type.

use super::Generator;
use super::schema::Type::{self, Bool, Date, Float, Int, Json, Numeric, Reading, Text, Time};
use super::scope::{Reference, Scope};
use super::tree::{Kind, Node, Part, node};

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) scope: &'a Scope,
    /// In a grouped query: what it is grouped by. Columns stand only inside of aggregates then.
    pub(super) keys: Option<&'a [(Node, Type)]>,
    /// The scope that subqueries see.
    pub(super) inner: &'a Scope,
    /// True where a window function may stand.
    pub(super) windows: bool,
    /// Windows by name.
    pub(super) named: bool,
}

impl<'a> Place<'a> {
    /// WHERE, ON, GROUP BY and arguments of aggregates.
    pub(super) const fn plain(scope: &'a Scope) -> Self {
        Self { scope, keys: None, inner: scope, windows: false, named: false }
    }
}

impl Generator {
    /// An expression of that type.
    pub(super) fn expr(&mut self, of: Type, place: Place<'_>, depth: usize) -> Node {
        let kind = Kind::Expr(of);
        if depth == 0 || self.seed.chance(45) || !self.spend() {
            return self.leaf(of, place);
        }
        let d = depth - 1;
        match self.seed.below(10) {
            0 => {
                let (when, one, other) = (self.expr(Bool, place, d), self.expr(of, place, d), self.expr(of, place, d));
                node![kind; "CASE WHEN ", when, " THEN ", one, " ELSE ", other, " END"]
            }
            1 => {
                let (one, other) = (self.expr(of, place, d), self.expr(of, place, d));
                node![kind; "coalesce(", one, ", ", other, ")"]
            }
            2 if of != Bool || self.seed.chance(30) => {
                let query = self.query(place.inner, Some(&[of]), depth, true);
                node![kind; "(", query.node, ")"]
            }
            3 if place.windows && of == Int => self.window(place, d),
            4 if of == Json => {
                let (one, other) = (self.any(place, d), self.any(place, d));
                node![kind; "jsonb_build_object('rating', ", one, ", 'timestamp', ", other, ")"]
            }
            _ => self.typed(of, place, d),
        }
    }

    /// An expression of any type.
    pub(super) fn any(&mut self, place: Place<'_>, depth: usize) -> Node {
        let of = *self.seed.pick(&Type::ALL);
        self.expr(of, place, depth)
    }

    fn typed(&mut self, of: Type, place: Place<'_>, d: usize) -> Node {
        let kind = Kind::Expr(of);
        let choice = self.seed.below(6);
        match of {
            Int => match choice {
                0 => {
                    let text = self.expr(Text, place, d);
                    node![kind; "length(", text, ")"]
                }
                1 => {
                    let one = self.expr(Int, place, d);
                    node![kind; "doubled(rating => ", one, ", plus => 1)"]
                }
                2 => {
                    let day = self.expr(Date, place, d);
                    node![kind; "extract(day FROM ", day, ")::int"]
                }
                3 => {
                    let one = self.expr(Int, place, d);
                    node![kind; "- ", one]
                }
                _ => self.binary(of, " + ", place, d),
            },
            Float => match choice {
                0 => {
                    let one = self.expr(Int, place, d);
                    node![kind; one, "::double precision"]
                }
                _ => self.binary(of, " + ", place, d),
            },
            Numeric => match choice {
                0 => {
                    let time = self.expr(Time, place, d);
                    node![kind; "extract(epoch FROM ", time, ")"]
                }
                _ => self.binary(of, " - ", place, d),
            },
            Text => match choice {
                0 => {
                    let one = self.expr(Time, place, d);
                    node![kind; "(", one, " AT TIME ZONE 'UTC')::text"]
                }
                1 => {
                    let one = self.expr(Int, place, d);
                    node![kind; "CAST(", one, " AS text)"]
                }
                2 => {
                    let one = self.expr(Json, place, d);
                    node![kind; "(", one, " ->> 'rating')"]
                }
                3 => {
                    let one = self.expr(Text, place, d);
                    node![kind; "upper(", one, ")"]
                }
                _ => self.binary(of, " || ", place, d),
            },
            Time => match choice {
                0 => {
                    let one = self.expr(Time, place, d);
                    node![kind; "date_trunc('day', ", one, ", 'UTC')"]
                }
                1 => {
                    let day = self.expr(Date, place, d);
                    node![kind; "(", day, "::timestamp AT TIME ZONE 'UTC')"]
                }
                _ => {
                    let one = self.expr(Time, place, d);
                    node![kind; "(", one, " - interval '1 day')"]
                }
            },
            Date => match choice {
                0 => {
                    let one = self.expr(Time, place, d);
                    node![kind; "(", one, " AT TIME ZONE 'UTC')::date"]
                }
                1 => {
                    let one = self.expr(Time, place, d);
                    node![kind; "date(", one, ")"]
                }
                _ => {
                    let (one, days) = (self.expr(Date, place, d), self.expr(Int, place, 0));
                    node![kind; "(", one, " + ", days, "::int)"]
                }
            },
            Bool => self.condition(place, d),
            Json => {
                let one = self.any(place, d);
                node![kind; "to_jsonb(", one, ")"]
            }
            Reading => self.leaf(of, place),
        }
    }

    fn binary(&mut self, of: Type, operator: &'static str, place: Place<'_>, d: usize) -> Node {
        let (one, other) = (self.expr(of, place, d), self.expr(of, place, d));
        node![Kind::Expr(of); "(", one, operator, other, ")"]
    }

    /// A condition.
    pub(super) fn condition(&mut self, place: Place<'_>, d: usize) -> Node {
        let kind = Kind::Expr(Bool);
        let of = *self.seed.pick(&[Int, Int, Float, Numeric, Text, Text, Time, Date]);
        let e = d.saturating_sub(1);
        match self.seed.below(14) {
            0 | 1 if d > 0 => {
                let word = *self.seed.pick(&[" AND ", " OR "]);
                let (one, other) = (self.condition(place, e), self.condition(place, e));
                node![kind; "(", one, word, other, ")"]
            }
            2 if d > 0 => {
                let one = self.condition(place, e);
                node![kind; "NOT ", one]
            }
            3 => {
                let (one, word) = (self.expr(of, place, e), *self.seed.pick(&[" IS NULL", " IS NOT NULL"]));
                node![kind; "(", one, word, ")"]
            }
            4 => {
                let (one, low, high) = (self.expr(of, place, e), self.expr(of, place, 0), self.expr(of, place, 0));
                node![kind; "(", one, " BETWEEN ", low, " AND ", high, ")"]
            }
            5 => {
                let (one, two, three) = (self.expr(of, place, e), self.expr(of, place, 0), self.expr(of, place, 0));
                node![kind; "(", one, " IN (", two, ", ", three, "))"]
            }
            6 | 7 if d > 0 && self.spend() => {
                let word = *self.seed.pick(&["EXISTS (", "NOT EXISTS ("]);
                let query = self.query(place.inner, None, d, false);
                node![kind; word, query.node, ")"]
            }
            8 if d > 0 && self.spend() => {
                let (one, query) = (self.expr(of, place, e), self.query(place.inner, Some(&[of]), d, false));
                let word = *self.seed.pick(&[" IN (", " NOT IN (", " = ANY (", " <= ALL ("]);
                node![kind; "(", one, word, query.node, "))"]
            }
            9 => {
                let (one, other) = (self.expr(of, place, e), self.expr(of, place, e));
                node![kind; "(", one, " IS DISTINCT FROM ", other, ")"]
            }
            10 => {
                let one = self.expr(Text, place, e);
                node![kind; "(", one, " LIKE '%a%')"]
            }
            11 => {
                let left = (self.expr(Int, place, e), self.expr(Text, place, e));
                let right = (self.expr(Int, place, 0), self.expr(Text, place, 0));
                node![kind; "((", left.0, ", ", left.1, ") = (", right.0, ", ", right.1, "))"]
            }
            _ => {
                let operator = *self.seed.pick(&[" = ", " <> ", " < ", " >= "]);
                let (one, other) = (self.expr(of, place, e), self.expr(of, place, 0));
                node![kind; "(", one, operator, other, ")"]
            }
        }
    }

    /// A column, a key, an aggregate or a literal.
    pub(super) fn leaf(&mut self, of: Type, place: Place<'_>) -> Node {
        if let Some(keys) = place.keys {
            let fitting: Vec<&Node> = keys.iter().filter(|k| k.1 == of).map(|k| &k.0).collect();
            if !fitting.is_empty() && self.seed.chance(60) {
                return (*self.seed.pick(&fitting)).clone();
            }
            return if self.seed.chance(70) { self.aggregate(of, place) } else { self.literal(of) };
        }
        if self.seed.below(1000) < 4 {
            let wrong = *self.seed.pick(&["no_such_column", "solver.no_such_column", "zz.rating", "rating", "id"]);
            return node![Kind::Expr(of); wrong];
        }
        if self.seed.chance(12) {
            return self.literal(of);
        }
        if self.seed.chance(9)
            && let Some(row) = self.of_row(of, place.scope)
        {
            return row;
        }
        self.column(of, place.scope).unwrap_or_else(|| self.literal(of))
    }

    /// An expression over a whole row.
    fn of_row(&mut self, of: Type, scope: &Scope) -> Option<Node> {
        let all = scope.rows();
        let (level, name) = all.get(self.seed.below(all.len()))?.clone();
        let row = self.ident(&name);
        let kind = Kind::Expr(of);
        let source = scope.levels[level].iter().find(|s| s.name.as_ref() == Some(&name))?;
        let fields: Vec<String> = source.columns.iter().filter(|c| c.of == of).filter_map(|c| c.name.clone()).collect();
        if !fields.is_empty() && self.seed.chance(40) {
            let field = self.seed.pick(&fields).clone();
            let once = source.columns.iter().filter(|c| c.name.as_ref() == Some(&field)).count() == 1;
            let field = self.ident(&field);
            return once.then(|| node![kind; "(", row, ").", field]);
        }
        Some(match of {
            Json => node![kind; "to_jsonb(", row, ")"],
            Text if self.seed.chance(50) => node![kind; row, "::text"],
            Text => node![kind; "concat(", row, ".*, 'x')"],
            Bool if self.seed.chance(50) => node![kind; "(", row, " IS NULL)"],
            Bool => node![kind; "(", row.clone(), " = ", row, ")"],
            Int => node![kind; "num_nulls(", row, ")"],
            _ => return None,
        })
    }

    /// A column of that type, when there is one.
    pub(super) fn column(&mut self, of: Type, scope: &Scope) -> Option<Node> {
        let all = scope.references();
        let nearest = scope.levels.len().saturating_sub(1);
        let near = self.seed.chance(65);
        let fits = |r: &&Reference, near: bool| r.of == of && (!near || r.level == nearest);
        let mut fitting: Vec<&Reference> = all.iter().filter(|r| fits(r, near)).collect();
        if fitting.is_empty() {
            fitting = all.iter().filter(|r| fits(r, false)).collect();
        }
        if fitting.is_empty() {
            let field = match of {
                Int => ").rating",
                Time => ").timestamp",
                _ => return None,
            };
            let boxed: Vec<&Reference> = all.iter().filter(|r| r.of == Reading).collect();
            let boxed = (*boxed.get(self.seed.below(boxed.len()))?).clone();
            let name = self.spelled(&boxed);
            return Some(node![Kind::Expr(of); "(", name, field]);
        }
        let reference = (*self.seed.pick(&fitting)).clone();
        let name = self.spelled(&reference);
        Some(node![Kind::Expr(of); name])
    }

    pub(super) fn spelled(&mut self, reference: &Reference) -> String {
        let column = self.ident(&reference.column);
        match &reference.source {
            Some(source) if !reference.unqualified || self.seed.chance(45) => {
                let source = self.ident(source);
                match reference.schema {
                    Some(schema) if self.seed.chance(20) => format!("{schema}.{source}.{column}"),
                    _ => format!("{source}.{column}"),
                }
            }
            _ => column,
        }
    }

    fn literal(&mut self, of: Type) -> Node {
        let values: &[&str] = match of {
            Int => &["1", "2", "4", "10", "-3"],
            Float => &["10.5", "0", "1e3"],
            Numeric => &["3.5", "0.01"],
            Text => &["'rating'", "'x'", "'active'", "''", "$q$ timestamp $q$", "E'a\\'b'", "'f-0003'"],
            Time => &["timestamp with time zone '2025-01-01 00:00:00+00'", "'2025-01-02 00:00:00+00'::timestamptz"],
            Date => &["date '2025-01-01'", "'2025-01-02'::date", "CAST('2024-12-31' AS date)"],
            Bool => &["true", "false"],
            Json => &["'{\"rating\": 4}'::jsonb"],
            Reading => &["NULL::reading"],
        };
        if self.seed.chance(4) {
            let null = *self.seed.pick(&["NULL", "(NULL)"]);
            return node![Kind::Expr(of); null];
        }
        if self.parameters && self.seed.chance(50) {
            let value = match of {
                Int => "4",
                Float => "10.5",
                Numeric => "3.50",
                Time => "2025-01-01 00:00:00+00",
                Date => "2025-01-01",
                Bool => "t",
                _ => "",
            };
            let value = if of == Text { "rating" } else { value };
            if !value.is_empty() {
                return Node { kind: Kind::Expr(of), parts: vec![Part::Parameter(value.to_owned())] };
            }
        }
        let value = *self.seed.pick(values);
        node![Kind::Expr(of); value]
    }

    fn aggregate(&mut self, of: Type, place: Place<'_>) -> Node {
        let kind = Kind::Expr(of);
        let free = Place::plain(place.scope);
        let filter = if self.seed.chance(15) {
            let condition = self.condition(free, 1);
            node![Kind::Clause; " FILTER (WHERE ", condition, ")"]
        } else {
            Node::empty()
        };
        match (of, self.seed.below(6)) {
            (Int, 0) => node![kind; "count(*)", filter],
            (Int, 1) => {
                let (of, distinct) = (*self.seed.pick(&Type::ALL), *self.seed.pick(&["", "DISTINCT "]));
                let one = self.expr(of, free, 1);
                node![kind; "count(", distinct, one, ")", filter]
            }
            (Int, 2) => {
                let named = place.scope.levels.last().into_iter().flat_map(|l| l.iter()).find_map(|s| s.name.clone());
                let Some(name) = named else { return self.literal(of) };
                let name = self.ident(&name);
                node![kind; "count(", name, ")"]
            }
            (Int, 3) => {
                let one = self.expr(Int, free, 1);
                node![kind; "mode() WITHIN GROUP (ORDER BY ", one, ")", filter]
            }
            (Float, 0) => {
                let one = self.expr(Float, free, 1);
                node![kind; "percentile_cont(0.5) WITHIN GROUP (ORDER BY ", one, ")", filter]
            }
            (Float | Numeric, 1 | 2) => {
                let one = self.expr(of, free, 1);
                node![kind; "sum(", one, ")", filter]
            }
            (Text, 0 | 1) => {
                let one = self.expr(Text, free, 1);
                node![kind; "string_agg(", one.clone(), ", ',' ORDER BY ", one, ")", filter]
            }
            (Json, _) => {
                let (one, by) = (self.any(free, 1), self.any(free, 0));
                node![kind; "jsonb_agg(", one.clone(), " ORDER BY ", by, ", ", one, ")", filter]
            }
            (Bool, _) => {
                let one = self.expr(Bool, free, 1);
                node![kind; "bool_or(", one, ")", filter]
            }
            (Reading, _) => self.literal(of),
            _ => {
                let (one, word) = (self.expr(of, free, 1), *self.seed.pick(&["max(", "min("]));
                node![kind; word, one, ")", filter]
            }
        }
    }

    fn window(&mut self, place: Place<'_>, d: usize) -> Node {
        let arguments = Place { windows: false, ..place };
        let call = match self.seed.below(4) {
            0 => node![Kind::Fixed; "rank()"],
            1 => node![Kind::Fixed; "count(*)"],
            2 => node![Kind::Fixed; "dense_rank()"],
            _ => {
                let one = self.expr(Int, arguments, d);
                node![Kind::Fixed; "max(", one, ")"]
            }
        };
        if place.named && self.seed.chance(40) {
            return node![Kind::Expr(Int); call, " OVER rating"];
        }
        let spec = self.window_spec(arguments, d);
        node![Kind::Expr(Int); call, " OVER (", spec, ")"]
    }

    /// PARTITION BY, ORDER BY and a frame that ties cannot change.
    pub(super) fn window_spec(&mut self, place: Place<'_>, d: usize) -> Node {
        let partition = self.seed.chance(50);
        let partition = if partition {
            let by = self.any(place, d);
            node![Kind::Clause; "PARTITION BY ", by, " "]
        } else {
            Node::empty()
        };
        let by = self.any(place, d);
        let direction = *self.seed.pick(&["", " DESC", " NULLS FIRST"]);
        let frame = *self.seed.pick(&["", "", " GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW"]);
        node![Kind::Fixed; partition, "ORDER BY ", by, direction, node![Kind::Clause; frame]]
    }
}
