//! Random FROM clauses.

use super::Generator;
use super::expr::Place;
use super::schema::{ARCHIVE, TABLES, Table, Type};
use super::scope::{Column, Level, Scope, Source};
use super::tree::{Kind, Node, node};

/// Aliases that stand for something else elsewhere.
const ALIASES: [&str; 12] = [
    "s",
    "t",
    "u",
    "rating",
    "timestamp",
    "clientes",
    "solver_runs",
    "feedback_useful",
    "solver",
    "kwh_consumed",
    "orders",
    "Größe",
];

impl Generator {
    /// One FROM clause: its items and what they offer.
    pub(super) fn from(&mut self, outer: &Scope, depth: usize) -> (Node, Level) {
        let (mut items, mut level) = (Vec::new(), Vec::new());
        let count = 1 + usize::from(self.seed.chance(18)) + usize::from(self.seed.chance(4));
        for _ in 0..count {
            let (item, offered) = self.joined(outer, &level, depth);
            items.push(item);
            level.extend(offered);
        }
        (Node::list(", ", 1, items), level)
    }

    fn joined(&mut self, outer: &Scope, before: &Level, depth: usize) -> (Node, Level) {
        let (mut node, mut level) = self.item(outer, before, depth);
        let mut joins = 0;
        while joins < 3 && self.seed.chance(32) && self.spend() {
            joins += 1;
            let all: Level = before.iter().chain(&level).cloned().collect();
            let (right, offered) = if self.seed.chance(15) {
                let (inner, offered) = self.joined(outer, &all, depth.saturating_sub(1));
                // Parentheses may stand around a join, not around a table.
                if offered.len() > 1 { self.parenthesised(inner, offered, &all) } else { (inner, offered) }
            } else {
                self.item(outer, &all, depth)
            };
            (node, level) = self.join(outer, (node, level), (right, offered));
        }
        (node, level)
    }

    fn join(&mut self, outer: &Scope, left: (Node, Level), right: (Node, Level)) -> (Node, Level) {
        let space = self.space();
        let word = *self.seed.pick(&["JOIN", "INNER JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT OUTER JOIN", "FULL JOIN"]);
        if self.seed.chance(10) {
            let level = left.1.into_iter().chain(right.1).collect();
            return (node![Kind::Source; left.0, space, "CROSS JOIN ", right.0], level);
        }
        if self.seed.chance(35)
            && let Some(shared) = shared(&left.1, &right.1)
        {
            return self.merging(left, right, word, shared);
        }
        let level: Level = left.1.into_iter().chain(right.1).collect();
        let both = outer.with(level.clone());
        let full = word == "FULL JOIN";
        // FULL JOIN takes only conditions that can be merged or hashed.
        let condition = if full || self.seed.chance(50) {
            self.equality(&both, &level)
        } else {
            self.condition(Place::plain(&both), 1)
        };
        (node![Kind::Source; left.0, space, word, " ", right.0, " ON ", condition], level)
    }

    /// USING over some of the shared columns, or NATURAL over all of them.
    fn merging(
        &mut self,
        left: (Node, Level),
        right: (Node, Level),
        word: &'static str,
        all: Vec<Column>,
    ) -> (Node, Level) {
        let natural = all.iter().all(|c| c.usable) && self.seed.chance(25);
        let mut columns: Vec<Column> = all.into_iter().filter(|c| c.usable).collect();
        if !natural {
            let most = 1 + self.seed.below(3);
            while columns.len() > most {
                columns.remove(self.seed.below(columns.len()));
            }
        }
        let spelled: Vec<Node> = columns
            .iter()
            .map(|c| {
                let name = self.ident(c.name.as_deref().unwrap_or_default());
                node![Kind::Fixed; name]
            })
            .collect();
        let taken: Level = left.1.iter().chain(&right.1).cloned().collect();
        let alias = (!natural && self.seed.chance(12)).then(|| self.alias(&taken));
        let behind = match &alias {
            Some(alias) => format!(" AS {}", self.ident(alias)),
            None => String::new(),
        };
        let names: Vec<String> = columns.iter().filter_map(|c| c.name.clone()).collect();
        let merged = Source { columns, ..offered(String::new(), Vec::new()) };
        let merged = Source { name: alias, ..merged };
        let hidden = taken.into_iter().map(|mut source| {
            source.merged.extend(names.iter().cloned());
            source
        });
        let level = std::iter::once(merged).chain(hidden).collect();
        let space = self.space();
        let node = if natural {
            node![Kind::Source; left.0, space, "NATURAL ", word, " ", right.0]
        } else {
            let list = Node::list(", ", 1, spelled);
            node![Kind::Source; left.0, space, word, " ", right.0, " USING (", list, ")", behind]
        };
        (node, level)
    }

    /// A join in parentheses, sometimes with an alias that hides what is in it.
    fn parenthesised(&mut self, inner: Node, level: Level, before: &Level) -> (Node, Level) {
        if !self.seed.chance(40) {
            return (node![Kind::Fixed; "(", inner, ")"], level);
        }
        let alias = self.alias(before);
        let spelled = self.ident(&alias);
        let mut columns = shown(&level);
        let names = self.column_list(&mut columns);
        // A name that it has twice cannot be named.
        let once: Vec<bool> =
            columns.iter().map(|c| columns.iter().filter(|o| o.name == c.name).count() == 1).collect();
        for (column, once) in columns.iter_mut().zip(once) {
            if !once {
                column.name = None;
            }
        }
        (node![Kind::Fixed; "(", inner, ") AS ", spelled, names], vec![offered(alias, columns)])
    }

    /// A column of the first source equals one of the last.
    fn equality(&mut self, scope: &Scope, level: &Level) -> Node {
        let only = |source: &Source| {
            let mut scope = scope.clone();
            let marked: Level = level
                .iter()
                .map(|s| {
                    let mut s = s.clone();
                    let mine = s.name == source.name;
                    s.columns.iter_mut().for_each(|c| c.usable &= mine);
                    s
                })
                .collect();
            scope.levels.pop();
            scope.with(marked)
        };
        let kind = Kind::Expr(Type::Bool);
        let (Some(first), Some(last)) = (level.first(), level.last()) else { return node![kind; "true"] };
        let of = *self.seed.pick(&[Type::Int, Type::Int, Type::Text, Type::Date]);
        let (one, other) = (self.column(of, &only(first)), self.column(of, &only(last)));
        match (one, other) {
            (Some(one), Some(other)) => node![kind; one, " = ", other],
            _ => node![kind; "true"],
        }
    }

    fn item(&mut self, outer: &Scope, before: &Level, depth: usize) -> (Node, Level) {
        let (node, source) = match self.seed.below(20) {
            0..=2 if depth > 0 && self.spend() => self.derived(outer, before, depth),
            3 => self.function(outer, before),
            4..=5 if !outer.ctes.is_empty() => self.cte_reference(outer, before),
            _ => self.table(outer, before),
        };
        (node, vec![source])
    }

    /// An alias that no other item has.
    fn alias(&mut self, before: &Level) -> String {
        let wanted = (*self.seed.pick(&ALIASES)).to_owned();
        let taken = |name: &str| before.iter().any(|s| s.name.as_deref() == Some(name));
        if !taken(&wanted) {
            return wanted;
        }
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    fn table(&mut self, outer: &Scope, before: &Level) -> (Node, Source) {
        let table: &'static Table = match self.seed.below(60) {
            0 => &ARCHIVE,
            n if n < 44 => {
                let mapped: Vec<&'static Table> = TABLES.iter().filter(|t| t.mapped).collect();
                mapped[self.seed.below(mapped.len())]
            }
            _ => self.seed.pick(&TABLES),
        };
        let hidden = outer.cte(table.name).is_some();
        let with_schema = hidden || table.schema != "public" || self.seed.chance(8);
        let name = self.ident(table.name);
        let written = if with_schema { format!("{}.{name}", table.schema) } else { name };
        let only = if self.seed.chance(3) { "ONLY " } else { "" };
        let columns = table.columns.iter().map(|(name, of)| Column::new(name, *of)).collect();
        let mut source = Source {
            name: Some(table.name.to_owned()),
            schema: Some(table.schema),
            columns,
            merged: Vec::new(),
            key: Some(table.key).filter(|key| !key.is_empty()),
        };
        let taken = before.iter().any(|s| s.name.as_deref() == Some(table.name));
        if !taken && self.seed.chance(45) {
            return (node![Kind::Source; only, written], source);
        }
        let alias = self.alias(before);
        let spelled = self.ident(&alias);
        let word = *self.seed.pick(&[" ", " AS "]);
        source.name = Some(alias);
        source.schema = None;
        let names = if self.seed.chance(35) { self.column_list(&mut source.columns) } else { Node::empty() };
        if !names.parts.is_empty() {
            source.key = None;
        }
        (node![Kind::Source; only, written, word, spelled, names], source)
    }

    fn derived(&mut self, outer: &Scope, before: &Level, depth: usize) -> (Node, Source) {
        let lateral = self.seed.chance(35);
        let scope = if lateral { outer.with(before.clone()) } else { outer.clone() };
        let query = self.query(&scope, None, depth - 1, false);
        let alias = self.alias(before);
        let spelled = self.ident(&alias);
        let mut columns = query.columns;
        let names = self.column_list(&mut columns);
        let word = if lateral { "LATERAL (" } else { "(" };
        (node![Kind::Source; word, query.node, ") AS ", spelled, names], offered(alias, columns))
    }

    /// `(x, timestamp)`: sometimes, and not always for all columns.
    pub(super) fn column_list(&mut self, columns: &mut [Column]) -> Node {
        if !self.seed.chance(25) {
            return Node::empty();
        }
        let count = 1 + self.seed.below(columns.len().min(4));
        let mut names = Vec::new();
        for (number, column) in columns.iter_mut().take(count).enumerate() {
            let wanted = *self.seed.pick(&["rating", "timestamp", "x", "y", "feedback_useful", "telefono"]);
            let name = if names.iter().any(|(n, _)| n == wanted) { format!("c{number}") } else { wanted.to_owned() };
            names.push((name.clone(), self.ident(&name)));
            column.name = Some(name);
        }
        let items = names.into_iter().map(|(_, spelled)| node![Kind::Fixed; spelled]).collect();
        node![Kind::Clause; " (", Node::list(", ", 1, items), ")"]
    }

    fn cte_reference(&mut self, outer: &Scope, before: &Level) -> (Node, Source) {
        let cte = self.seed.pick(&outer.ctes).clone();
        // Another one of that name may stand nearer.
        let Some(cte) = outer.cte(&cte.name).cloned() else { return self.table(outer, before) };
        let name = self.ident(&cte.name);
        let taken = before.iter().any(|s| s.name.as_ref() == Some(&cte.name));
        if !taken && self.seed.chance(50) {
            return (node![Kind::Source; name], offered(cte.name, cte.columns));
        }
        let alias = self.alias(before);
        let spelled = self.ident(&alias);
        let mut columns = cte.columns;
        let names = self.column_list(&mut columns);
        (node![Kind::Source; name, " AS ", spelled, names], offered(alias, columns))
    }

    fn function(&mut self, outer: &Scope, before: &Level) -> (Node, Source) {
        let lateral = outer.with(before.clone());
        let alias = self.alias(before);
        let spelled = self.ident(&alias);
        let columns = |list: &[(&str, Type)]| list.iter().map(|(n, of)| Column::new(n, *of)).collect::<Vec<_>>();
        match self.seed.below(5) {
            0 => (
                node![Kind::Source; "generate_series(1, 3) AS ", spelled, "(rating)"],
                offered(alias, columns(&[("rating", Type::Int)])),
            ),
            1 => {
                let first = self.expr(Type::Int, Place::plain(&lateral), 1);
                (
                    node![Kind::Source; "ratings(", first, ") ", spelled],
                    offered(alias, columns(&[("rating", Type::Int), ("record_date", Type::Date)])),
                )
            }
            2 => {
                let (one, other) = (self.expr(Type::Text, Place::plain(&lateral), 1), "'solver'");
                (
                    node![Kind::Source; "unnest(ARRAY[", one, ", ", other, "]) AS ", spelled, "(phone_number)"],
                    offered(alias, columns(&[("phone_number", Type::Text)])),
                )
            }
            3 => (
                node![Kind::Source; "(VALUES (1, 'a'), (4, NULL)) AS ", spelled, "(rating, note)"],
                offered(alias, columns(&[("rating", Type::Int), ("note", Type::Text)])),
            ),
            _ => {
                let one = self.expr(Type::Int, Place::plain(&lateral), 0);
                let list = "(rating int, \"timestamp\" text)";
                (
                    node![Kind::Source; "jsonb_to_record(jsonb_build_object('rating', ", one, ")) AS ", spelled, list],
                    offered(alias, columns(&[("rating", Type::Int), ("timestamp", Type::Text)])),
                )
            }
        }
    }
}

pub(super) fn offered(name: String, columns: Vec<Column>) -> Source {
    Source { name: Some(name), schema: None, columns, merged: Vec::new(), key: None }
}

/// What `SELECT *` shows of a FROM clause.
fn shown(level: &Level) -> Vec<Column> {
    let of = |source: &Source| {
        let hidden = |c: &Column| source.merged.iter().any(|m| Some(m) == c.name.as_ref());
        source.columns.iter().filter(|c| !hidden(c)).cloned().collect::<Vec<_>>()
    };
    level.iter().flat_map(of).collect()
}

/// The columns that both sides have, with what a merge makes of their types; not usable are those that cannot be merged. None
/// when there are none, or when not all names are known.
fn shared(left: &Level, right: &Level) -> Option<Vec<Column>> {
    let (left, right) = (shown(left), shown(right));
    let known = left.iter().chain(&right).all(|c| c.name.is_some());
    let mut all: Vec<Column> = Vec::new();
    for column in &left {
        let named = |c: &&Column| c.name == column.name;
        let Some(other) = right.iter().find(named) else { continue };
        if all.iter().any(|c| c.name == column.name) {
            continue;
        }
        let once = left.iter().filter(named).count() == 1 && right.iter().filter(named).count() == 1;
        let of = Type::common(column.of, other.of);
        all.push(Column { usable: once && of.is_some(), of: of.unwrap_or(column.of), ..column.clone() });
    }
    (known && all.iter().any(|c| c.usable)).then_some(all)
}
