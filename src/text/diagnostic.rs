//! Errors about text that somebody wrote: SQL, a mapping, a configuration. Many at once, each with code, place and remedy.
//!
//! One renderer draws them all ([`render`]); `--format json` prints the same fields by serde.

use std::fmt::Write as _;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

use super::Span;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Cannot be used.
    Error,
    /// Works, and is probably not what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// A text that diagnostics point into.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// What to call it: a path, or `<sql>`.
    pub name: Arc<str>,
    /// All of it.
    pub text: Arc<str>,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Stable, searchable: `M012`, `C003`.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What: lower case, no full stop, names in backticks.
    pub message: String,
    /// Where: the text and the bytes in it; none when the finding has no place.
    pub at: Option<(Source, Span)>,
    /// What stands under the caret; may be empty.
    pub label: String,
    /// What now.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding without place and remedy yet.
    #[must_use]
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { code, severity, message: message.into(), at: None, label: String::new(), help: None }
    }

    /// An error.
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// Points it at `span` of `source`.
    #[must_use]
    pub fn at(mut self, source: &Source, span: Span) -> Self {
        self.at = Some((source.clone(), span));
        self
    }

    /// Writes `label` under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Says what now.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Line and column of its place, both from 1, the column in characters.
    #[must_use]
    pub fn line_column(&self) -> Option<(usize, usize)> {
        let (source, span) = self.at.as_ref()?;
        let before = source.text.get(..span.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some((line, column))
    }
}

impl Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut out = serializer.serialize_struct("Diagnostic", 8)?;
        let place = self.line_column();
        out.serialize_field("code", self.code)?;
        out.serialize_field("severity", &self.severity)?;
        out.serialize_field("message", &self.message)?;
        out.serialize_field("file", &self.at.as_ref().map(|(source, _)| source.name.as_ref()))?;
        out.serialize_field("line", &place.map(|p| p.0))?;
        out.serialize_field("column", &place.map(|p| p.1))?;
        out.serialize_field("label", &self.label)?;
        out.serialize_field("help", &self.help)?;
        out.end()
    }
}

/// Draws all findings for a reader, in the order given; `coloured` for a terminal.
#[must_use]
pub fn render(findings: &[Diagnostic], coloured: bool) -> String {
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for finding in findings {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let mut group = level
            .primary_title(&finding.message)
            .id(finding.code)
            .elements(None::<Snippet<'_, annotate_snippets::Annotation<'_>>>);
        if let Some((source, span)) = &finding.at {
            let caret = AnnotationKind::Primary.span((*span).into()).label(&finding.label);
            group = group.element(Snippet::source(source.text.as_ref()).path(source.name.as_ref()).annotation(caret));
        }
        if let Some(help) = &finding.help {
            group = group.element(Level::HELP.message(help));
        }
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}\n", renderer.render(&[group]));
    }
    out
}
