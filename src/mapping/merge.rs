//! The mappings of one route, side by side.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Mapping, codes};
use crate::text::Diagnostic;

/// `mappings` as they may serve one route: each has its own name, and no table of a schema is mapped by two.
pub fn merge(mappings: &[Arc<Mapping>]) -> Result<Vec<Arc<Mapping>>, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let mut by_name: HashMap<&str, &Mapping> = HashMap::new();
    let mut by_table: HashMap<(&str, &str), &Mapping> = HashMap::new();
    for mapping in mappings.iter().map(Arc::as_ref) {
        if let Some(first) = by_name.insert(&mapping.name, mapping) {
            let mut finding = Diagnostic::error(
                codes::MAPPING_TWICE,
                format!(
                    "`{}` and `{}` both call themselves `{}`",
                    first.source.name, mapping.source.name, mapping.name
                ),
            );
            let place = crate::text::toml::locate(&mapping.source, &["mapping", "name"]).unwrap_or_default();
            finding = finding.at(&mapping.source, place);
            findings
                .push(finding.help("give each file a `[mapping] name` of its own: metrics and routes know it by that"));
        }
        for table in &mapping.tables {
            if let Some(first) = by_table.insert((&mapping.schema, &table.legacy), mapping) {
                let message =
                    format!("`{}.{}` is mapped by `{}` already", mapping.schema, table.legacy, first.source.name);
                findings.push(
                    Diagnostic::error(codes::MAPPED_TWICE, message)
                        .at(&mapping.source, table.span)
                        .label("the second time in this route")
                        .help("write all that is mapped of a table into one file, or use only one of the two in the route"),
                );
            }
        }
    }
    findings.extend(columns_twice(mappings));
    if findings.is_empty() { Ok(mappings.to_vec()) } else { Err(findings) }
}

/// Entries of `[columns]` that two files have for the tables of one schema.
fn columns_twice(mappings: &[Arc<Mapping>]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut by_column: HashMap<(&str, &str), &Mapping> = HashMap::new();
    for mapping in mappings.iter().map(Arc::as_ref) {
        for column in &mapping.columns {
            let Some(first) = by_column.insert((&mapping.schema, &column.legacy), mapping) else { continue };
            let message = format!("`{}` stands under `[columns]` of `{}` already", column.legacy, first.source.name);
            let finding = Diagnostic::error(codes::MAPPED_TWICE, message).at(&mapping.source, column.span);
            let help = "keep one of them; they are for the same schema";
            findings.push(finding.label("the second time in this route").help(help));
        }
    }
    findings
}
