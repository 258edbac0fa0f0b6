//! A query as a tree of text: enough structure to print it and to make it smaller, and no more.

use std::fmt::Write as _;

use super::schema::Type;

/// What a part of a query is to the shrinker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Text with parts; only its parts can become smaller.
    Fixed,
    /// Can be left out.
    Clause,
    /// Items that can be left out one by one, as long as `least` are left.
    List { separator: &'static str, least: usize },
    /// An expression: any other one of its type can take its place.
    Expr(Type),
    /// A query.
    Query,
    /// An item of FROM.
    Source,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(String),
    Node(Node),
    /// `$n`, with its value.
    Parameter(String),
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) parts: Vec<Part>,
}

impl From<&str> for Part {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Part {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Node> for Part {
    fn from(node: Node) -> Self {
        Self::Node(node)
    }
}

/// `node![Kind::Fixed; "a", b, …]`.
macro_rules! node {
    ($kind:expr; $($part:expr),* $(,)?) => {
        $crate::generator::tree::Node { kind: $kind, parts: vec![$($crate::generator::tree::Part::from($part)),*] }
    };
}
pub(crate) use node;

impl Node {
    pub(crate) fn list(separator: &'static str, least: usize, items: Vec<Node>) -> Self {
        Self { kind: Kind::List { separator, least }, parts: items.into_iter().map(Part::Node).collect() }
    }

    pub(crate) fn empty() -> Self {
        Self { kind: Kind::Fixed, parts: Vec::new() }
    }

    /// The text and the values of its parameters.
    pub(crate) fn print(&self) -> (String, Vec<String>) {
        let (mut text, mut values) = (String::new(), Vec::new());
        self.print_into(&mut text, &mut values);
        (text, values)
    }

    fn print_into(&self, text: &mut String, values: &mut Vec<String>) {
        for (number, part) in self.parts.iter().enumerate() {
            if let (Kind::List { separator, .. }, true) = (self.kind, number > 0) {
                text.push_str(separator);
            }
            match part {
                Part::Text(own) => text.push_str(own),
                Part::Node(node) => node.print_into(text, values),
                Part::Parameter(value) => {
                    values.push(value.clone());
                    let _ = write!(text, "${}", values.len());
                }
            }
        }
    }

    /// Each tree that is this one with one thing left out or put in the place of what it is a part of.
    pub(crate) fn smaller(&self) -> Vec<Node> {
        let mut all = Vec::new();
        for own in self.smaller_itself() {
            all.push(own);
        }
        for (at, part) in self.parts.iter().enumerate() {
            let Part::Node(inner) = part else { continue };
            for replaced in inner.smaller() {
                let mut copy = self.clone();
                copy.parts[at] = Part::Node(replaced);
                all.push(copy);
            }
        }
        all
    }

    fn smaller_itself(&self) -> Vec<Node> {
        match self.kind {
            Kind::Fixed => Vec::new(),
            Kind::Clause if self.parts.is_empty() => Vec::new(),
            Kind::Clause => vec![Node { kind: Kind::Clause, parts: Vec::new() }],
            Kind::List { least, .. } if self.parts.len() <= least => Vec::new(),
            Kind::List { .. } => (0..self.parts.len())
                .map(|i| {
                    let mut copy = self.clone();
                    copy.parts.remove(i);
                    copy
                })
                .collect(),
            Kind::Expr(of) => {
                let literal = node![self.kind; of.plainest()];
                let mut all = if self.print().0 == of.plainest() { Vec::new() } else { vec![literal] };
                self.inside(self.kind, &mut all);
                all
            }
            Kind::Query | Kind::Source => {
                let mut all = Vec::new();
                self.inside(self.kind, &mut all);
                all
            }
        }
    }

    /// The nearest parts of that kind.
    fn inside(&self, kind: Kind, found: &mut Vec<Node>) {
        for part in &self.parts {
            let Part::Node(node) = part else { continue };
            if node.kind == kind {
                found.push(node.clone());
            } else {
                node.inside(kind, found);
            }
        }
    }
}
