//! What a query's names mean, as far as the generator has to know it to use them well.

use std::rc::Rc;

use super::schema::Type;

/// A column of a source, or of a query's output.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// None when nobody can say its name.
    pub(crate) name: Option<String>,
    pub(crate) of: Type,
    /// False for one that a grouped query cannot offer to its subqueries.
    pub(crate) usable: bool,
}

/// Something in FROM.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// None for what a USING merged.
    pub(crate) name: Option<String>,
    /// The schema that may stand before the name.
    pub(crate) schema: Option<&'static str>,
    pub(crate) columns: Vec<Column>,
    /// Columns that USING did merge.
    pub(crate) merged: Vec<String>,
    pub(crate) key: Option<&'static str>,
}

/// One FROM clause.
pub(crate) type Level = Vec<Source>;

/// A CTE.
#[derive(Clone, Debug)]
pub(crate) struct Cte {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
}

/// All names in sight; the innermost come last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) levels: Vec<Rc<Level>>,
    pub(crate) ctes: Vec<Cte>,
}

/// How one column can be named.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    pub(crate) level: usize,
    pub(crate) column: String,
    pub(crate) of: Type,
    pub(crate) unqualified: bool,
    pub(crate) source: Option<String>,
    pub(crate) schema: Option<&'static str>,
}

impl Column {
    pub(crate) fn new(name: &str, of: Type) -> Self {
        Self { name: Some(name.to_owned()), of, usable: true }
    }
}

impl Source {
    fn shows(&self, name: &str) -> usize {
        let merged = self.merged.iter().any(|m| m == name);
        if merged { 0 } else { self.has(name) }
    }

    fn has(&self, name: &str) -> usize {
        self.columns.iter().filter(|c| c.name.as_deref() == Some(name)).count()
    }
}

impl Scope {
    pub(crate) fn with(&self, level: Level) -> Self {
        let mut copy = self.clone();
        copy.levels.push(Rc::new(level));
        copy
    }

    /// Every column that can be named without a doubt.
    pub(crate) fn references(&self) -> Vec<Reference> {
        let mut all = Vec::new();
        for (number, level) in self.levels.iter().enumerate() {
            for source in level.iter() {
                for column in source.columns.iter().filter(|c| c.usable) {
                    let Some(name) = &column.name else { continue };
                    let shown: usize = level.iter().map(|s| s.shows(name)).sum();
                    let nearer = self.levels[number + 1..].iter().flat_map(|l| l.iter()).any(|s| s.shows(name) > 0);
                    let unqualified = shown == 1 && source.shows(name) == 1 && !nearer;
                    let reached = source.name.as_ref().is_some_and(|own| {
                        let hidden = |s: &Source| s.name.as_ref() == Some(own);
                        !self.levels[number + 1..].iter().flat_map(|l| l.iter()).any(hidden) && source.has(name) == 1
                    });
                    if unqualified || reached {
                        all.push(Reference {
                            level: number,
                            column: name.clone(),
                            of: column.of,
                            unqualified,
                            source: source.name.clone().filter(|_| reached),
                            schema: source.schema,
                        });
                    }
                }
            }
        }
        all
    }

    /// The sources whose whole row can be named: no column in sight is called like them.
    pub(crate) fn rows(&self) -> Vec<(usize, String)> {
        let shown = |name: &str| self.levels.iter().flat_map(|l| l.iter()).any(|s| s.shows(name) > 0);
        let mut all: Vec<(usize, String)> = Vec::new();
        for (number, level) in self.levels.iter().enumerate().rev() {
            for source in level.iter() {
                let Some(name) = &source.name else { continue };
                // What cannot be used by subqueries of a grouped query, a row cannot, too.
                let usable = source.columns.iter().all(|c| c.usable && c.name.is_some());
                if usable && !shown(name) && !all.iter().any(|(_, other)| other == name) {
                    all.push((number, name.clone()));
                }
            }
        }
        all
    }

    pub(crate) fn cte(&self, name: &str) -> Option<&Cte> {
        self.ctes.iter().rev().find(|c| c.name == name)
    }
}
