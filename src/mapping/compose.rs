//! What several files say together: later ones win, entry by entry.
//!
//! An entry is a column, a key of a table, or a key of `[mapping]`. `packs` brings the files in their order, each behind those that it extends.
//! What cannot be decided by that order, because it would change what an earlier file means, is an error.

use std::collections::BTreeSet;

use super::file::Part;
use super::whole::{Given, Said, put};
use super::{Column, Introspection, Mapping, Table, codes};
use crate::text::diagnostic::Source;
use crate::text::toml::locate;
use crate::text::{Diagnostic, Severity, Span};

/// A file among others.
pub(super) struct Layer {
    pub(super) part: Part,
    /// The places of those that it extends, and they.
    pub(super) below: BTreeSet<usize>,
}

/// The mapping that the layers are, of which the last is the file itself, and what is wrong with them together.
pub(super) fn compose(layers: Vec<Layer>) -> (Option<Mapping>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let schema = settle(&layers, "schema", |part| part.schema.as_deref(), &mut findings);
    let zone = settle(&layers, "zone", |part| part.zone.as_deref(), &mut findings);
    let introspection =
        settle(&layers, "introspection", |part| part.introspection.map(Introspection::word), &mut findings);
    let introspection = Introspection::ALL.into_iter().find(|chosen| introspection.as_deref() == Some(chosen.word()));
    let order = Order::of(&layers);
    let mut tables: Vec<Said> = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    let mut sources = Vec::new();
    let mut name = None;
    for Layer { part, .. } in layers {
        for later in part.tables {
            match tables.iter_mut().find(|table| table.legacy == later.legacy) {
                Some(earlier) => {
                    findings.extend(order.overruled(earlier, &later));
                    earlier.then(later);
                }
                None => tables.push(later),
            }
        }
        for later in part.columns {
            findings.extend(order.overruled_columns("[columns]", &columns, std::slice::from_ref(&later)));
            put(&mut columns, later);
        }
        sources.push(part.source);
        name = Some(part.name);
    }
    findings.extend(tables.iter().flat_map(Said::check));
    let mapping = sources.pop().zip(name).map(|(source, name)| Mapping {
        name: name.into(),
        schema: schema.unwrap_or_else(|| "public".to_owned()),
        zone: zone.unwrap_or_else(|| "UTC".to_owned()),
        introspection: introspection.unwrap_or_default(),
        tables: tables.into_iter().map(Said::finish).collect::<Vec<Table>>(),
        columns,
        source,
        packs: sources,
    });
    (mapping, findings)
}

/// The value of a key of `[mapping]`: that of the last file that has it, if those that differ are extended by one that agrees with it.
fn settle(
    layers: &[Layer],
    key: &str,
    value: impl Fn(&Part) -> Option<&str>,
    findings: &mut Vec<Diagnostic>,
) -> Option<String> {
    let given: Vec<(usize, &Part, &str)> =
        layers.iter().enumerate().filter_map(|(i, layer)| Some((i, &layer.part, value(&layer.part)?))).collect();
    let (_, last, found) = *given.last()?;
    let agree = || given.iter().filter(|(_, _, value)| *value == found).map(|(index, ..)| *index);
    let is_known = |other: usize| agree().any(|index| layers[index].below.contains(&other));
    let other = given.iter().find(|(index, _, value)| *value != found && !is_known(*index));
    if let (Some((_, first, other)), Some(own)) = (other, layers.last()) {
        let message = format!(
            "`{}` says `{key} = \"{}\"`, and `{}` says `{key} = \"{}\"`",
            first.source.name, other, last.source.name, found
        );
        let source = &own.part.source;
        let (_, span) = locate(source, &["mapping", super::packs::KEY]).unwrap_or((0, Span::default()));
        findings.push(
            Diagnostic::error(codes::PACKS_DISAGREE, message)
                .at(source, span)
                .label("one mapping has one")
                .help(format!("write `{key} = …` here; or keep the two apart, as mappings of their own")),
        );
    }
    Some(found.to_owned())
}

/// Which files know which.
struct Order {
    names: Vec<Source>,
    below: Vec<BTreeSet<usize>>,
}

impl Order {
    fn of(layers: &[Layer]) -> Self {
        let (names, below) = layers.iter().map(|l| (l.part.source.clone(), l.below.clone())).unzip();
        Self { names, below }
    }

    /// True when the file `later` extends `earlier`, and so means to overrule it.
    fn knows(&self, later: &Source, earlier: &Source) -> bool {
        let index = |source: &Source| self.names.iter().position(|known| known.name == source.name);
        let (Some(later), Some(earlier)) = (index(later), index(earlier)) else { return true };
        self.below[later].contains(&earlier)
    }

    /// What of a table is overruled by a file that does not know of it.
    fn overruled(&self, earlier: &Said, later: &Said) -> Vec<Diagnostic> {
        let mut findings = self.overruled_columns(&earlier.legacy, &earlier.columns, &later.columns);
        for new in later.given.iter().filter(|given| given.key != "columns") {
            let text = |given: &Given| given.span.text(&given.source.text).to_owned();
            let old = earlier.given.iter().find(|old| old.key == new.key && text(old) != text(new));
            let Some(old) = old.filter(|old| !self.knows(&new.source, &old.source)) else { continue };
            findings.push(note(new.key, &earlier.legacy, (&old.source, old.span), &new.source));
        }
        findings
    }

    fn overruled_columns(&self, of: &str, earlier: &[Column], later: &[Column]) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for new in later {
            let old = earlier.iter().find(|old| old.legacy == new.legacy && !old.says_as(new));
            let Some(old) = old.filter(|old| !self.knows(&new.source, &old.source)) else { continue };
            findings.push(note(&new.legacy, of, (&old.source, old.span), &new.source));
        }
        findings
    }
}

fn note(what: &str, of: &str, (source, span): (&Source, Span), winner: &Source) -> Diagnostic {
    let message = format!("`{what}` of `{of}` is what `{}` says", winner.name);
    Diagnostic::new(Severity::Note, codes::PACK_OVERRULED, message)
        .at(source, span)
        .label("not followed: a later file has it too")
        .help("nothing to do if that is meant; otherwise let one of the two files have it")
}
