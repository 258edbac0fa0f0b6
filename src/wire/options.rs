//! Settings inside of the startup packet's `options`, and lists of schemas as settings spell them.
//!
//! `-c search_path=a,public --statement_timeout=5s`: the server cuts it at white space, a backslash protects the next
//! character (`pg_split_opts`), and a dash in a long option's name is an underscore (`ParseLongOption`).

/// The value that `options` gives to setting `name`, the last one if there are several.
pub fn setting(options: &str, name: &str) -> Option<String> {
    let mut found = None;
    let mut words = split(options).into_iter();
    while let Some(word) = words.next() {
        let assignment = if let Some(long) = word.strip_prefix("--") {
            long.to_owned()
        } else if word == "-c" {
            words.next().unwrap_or_default()
        } else if let Some(glued) = word.strip_prefix("-c") {
            glued.to_owned()
        } else {
            continue;
        };
        if let Some((key, value)) = assignment.split_once('=')
            && key.replace('-', "_").eq_ignore_ascii_case(name)
        {
            found = Some(value.to_owned());
        }
    }
    found
}

/// The names in a list such as `"$user", public`, folded and unquoted; none when the server would not accept the list.
pub fn schemas(list: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = list.trim_start_matches(is_space);
    if rest.is_empty() {
        return Some(names);
    }
    loop {
        let (name, after) = identifier(rest)?;
        names.push(name);
        rest = after.trim_start_matches(is_space);
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start_matches(is_space),
            None => return rest.is_empty().then_some(names),
        }
    }
}

fn split(options: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = options.chars();
    while let Some(c) = characters.next() {
        if is_space(c) {
            words.extend(word.take());
        } else {
            let c = if c == '\\' { characters.next() } else { Some(c) };
            word.get_or_insert_default().extend(c);
        }
    }
    words.extend(word);
    words
}

/// One name at the front, as `SplitIdentifierString` reads it, and what follows.
fn identifier(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut rest = quoted;
        loop {
            let (piece, after) = rest.split_once('"')?;
            name.push_str(piece);
            match after.strip_prefix('"') {
                Some(more) => {
                    name.push('"');
                    rest = more;
                }
                None => return Some((name, after)),
            }
        }
    }
    let end = text.find(|c| c == ',' || is_space(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    // The server folds non-ASCII letters only in single-byte encodings.
    (!name.is_empty()).then(|| (name.to_ascii_lowercase(), rest))
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_spelling_of_an_option_is_found() {
        let path = |options| setting(options, "search_path");
        assert_eq!(path("-c search_path=a,public"), Some("a,public".into()));
        assert_eq!(path("-csearch_path=a"), Some("a".into()));
        assert_eq!(path("--search-path=a"), Some("a".into()));
        assert_eq!(path("--search_path=a -c Search_Path=b"), Some("b".into()));
        assert_eq!(path(r"-c search_path=a,\ public -c x=1"), Some("a, public".into()));
        assert_eq!(path(r"-c search_path=a\\b"), Some(r"a\b".into()));
        assert_eq!(path("-c statement_timeout=5s -B 4"), None);
        assert_eq!(path("-c"), None);
    }

    #[test]
    fn lists_are_folded_and_unquoted_as_the_server_does() {
        let names = |list| schemas(list);
        assert_eq!(names(r#""$user", Public"#), Some(vec!["$user".into(), "public".into()]));
        assert_eq!(names(r#" "a""b" ,c"#), Some(vec!["a\"b".into(), "c".into()]));
        assert_eq!(names(""), Some(vec![]));
        assert_eq!(names(r#""""#), Some(vec![String::new()]));
        assert_eq!(names("a b"), None);
        assert_eq!(names("a,"), None);
        assert_eq!(names("\"a"), None);
    }

    proptest! {
        #[test]
        fn nothing_fails_on_any_text(text in "\\PC{0,60}") {
            let _ = (setting(&text, "search_path"), schemas(&text));
        }

        #[test]
        fn quoted_names_come_back(names in proptest::collection::vec("[ -~]{1,10}", 1..4)) {
            let list = names.iter().map(|n| format!("\"{}\"", n.replace('"', "\"\""))).collect::<Vec<_>>().join(", ");
            prop_assert_eq!(schemas(&list), Some(names));
        }
    }
}
