//! Masks passwords in a text that is about to be shown: a diagnostic draws whole lines of the configuration.
//!
//! It works on the text, not on what was parsed from it, as the text may be what is broken. Too much masked is fine, too little is not.

/// The same text, each byte of a password replaced by `*`, so that spans keep their meaning.
///
/// Masked are `://user:…@`, `password=…` in a URL, and `password = "…"` in TOML unless it is an `env:` or `file:` reference.
#[must_use]
pub fn redacted(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (at, _) in text.match_indices("://") {
        let token = token(&text[at + 3..]);
        if let (Some(colon), Some(sign)) = (token.find(':'), token.rfind('@'))
            && colon < sign
        {
            mask(&mut bytes, at + 3 + colon + 1, at + 3 + sign);
        }
    }
    let lower = text.to_ascii_lowercase();
    for (at, word) in lower.match_indices("password") {
        let after = &text[at + word.len()..];
        // The key may be quoted.
        let rest = after.trim_start_matches(['"', '\'', ' ', '\t']);
        let Some(value) = rest.strip_prefix('=').map(|v| v.trim_start_matches([' ', '\t'])) else { continue };
        let start = text.len() - value.len();
        let quoted = value.trim_start_matches(['"', '\'']);
        let length = if quoted.len() == value.len() {
            token(value).find('&').unwrap_or(token(value).len())
        } else {
            string_length(value)
        };
        if !quoted.starts_with("env:") && !quoted.starts_with("file:") {
            mask(&mut bytes, start, start + length);
        }
    }
    // Only ASCII bytes were written, and over whole characters: a token ends at a character.
    String::from_utf8(bytes).unwrap_or_default()
}

/// The same text, each byte of everything in quotes, of every value and of what may be one replaced by `*`: for a file that holds
/// nothing but secrets.
#[must_use]
pub(super) fn without_values(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while let Some(found) = text[at..].find(['=', '$', '"', '\'']) {
        let start = at + found;
        let rest = &text[start..];
        let length = match rest.as_bytes().first() {
            Some(b'"' | b'\'') => string_length(rest),
            _ => rest.find(['"', '\'', '\n']).unwrap_or(rest.len()),
        };
        let shown = rest.len() - rest.strip_prefix('=').map_or(rest, str::trim_start).len();
        mask(&mut bytes, start + shown.min(length), start + length);
        at = start + length.max(1);
    }
    // A line without its sign is none of the file's form: what stands behind its first word may be a value all the same.
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.contains('=') && !line.trim_start().starts_with(['#', '[']) {
            let word = line.find([' ', '\t', ':']).unwrap_or(line.len());
            mask(&mut bytes, start + word, start + line.len());
        }
        start += line.len();
    }
    // Only ASCII bytes were written, and over whole characters: each end is one of ASCII or of the text.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Up to the end of a word of a URL.
fn token(text: &str) -> &str {
    text.split(|c: char| c.is_whitespace() || c == '"' || c == '\'').next().unwrap_or_default()
}

/// The length of the string literal at the start of `text`, one without its end going on to the end of its line or, in triple quotes, of the text.
fn string_length(text: &str) -> usize {
    let quote = if text.starts_with("\"\"\"") || text.starts_with("'''") { &text[..3] } else { &text[..1] };
    let end = if quote.len() == 3 { text.len() } else { text.find('\n').unwrap_or(text.len()) };
    let mut at = quote.len();
    while at < end {
        let rest = &text[at..end];
        if rest.starts_with(quote) {
            return at + quote.len();
        }
        let escaped = quote.starts_with('"') && rest.starts_with('\\');
        at += rest.chars().take(1 + usize::from(escaped)).map(char::len_utf8).sum::<usize>();
    }
    end
}

fn mask(bytes: &mut [u8], start: usize, end: usize) {
    for byte in bytes.get_mut(start..end).into_iter().flatten().filter(|b| !matches!(**b, b'"' | b'\'' | b'\n' | b'\r'))
    {
        *byte = b'*';
    }
}

#[cfg(test)]
mod tests {
    use super::{redacted, without_values};

    #[test]
    fn passwords_are_masked_wherever_they_stand() {
        for (text, shown) in [
            ("url = \"postgres://u:hunter2@h/d\"", "url = \"postgres://u:*******@h/d\""),
            ("postgres://u:a/b@c@h/d", "postgres://u:*****@h/d"),
            ("postgres://h/d?password=hunter2&user=u", "postgres://h/d?password=*******&user=u"),
            ("{ password = \"hun\\\"ter2\", user = 1 }", "{ password = \"****\"****\", user = 1 }"),
            ("\"password\" = 'hunter2' # x", "\"password\" = '*******' # x"),
            ("password = hunter2", "password = *******"),
            ("password = \"hünter", "password = \"*******"),
            ("password = \"\"\"\nhun\nter\"\"\"", "password = \"\"\"\n***\n***\"\"\""),
            ("password = \"env:PW\"", "password = \"env:PW\""),
            ("url = \"postgres://h:5432/d\"", "url = \"postgres://h:5432/d\""),
        ] {
            let masked = redacted(text);
            assert_eq!(masked, shown);
            assert_eq!(masked.len(), text.len());
        }
    }

    #[test]
    fn nothing_of_a_value_is_left() {
        for (text, shown) in [
            ("[users]\nann = \"SCRAM$x=\" # y\n", "[users]\nann = \"********\" # y\n"),
            ("ann = SCRAM$x=\nbob", "ann = ********\nbob"),
            ("ann = '''a=\nb=''' bob = 'ü", "ann = '''**\n**''' bob = '**"),
            ("u = { ann = [\"a\",\n\"b\\\"c\"] }", "u = *********\"*\",\n\"**\"*\"]**"),
            ("ann SCRAM$x=\nbob: hunter2", "ann SCRAM***\nbob*********"),
        ] {
            assert_eq!(without_values(text), shown);
        }
    }
}
