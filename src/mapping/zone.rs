//! Time zones by name.
//!
//! Only a name says which days a zone has, daylight saving included. An offset is refused although Postgres takes it, for it reads the sign
//! of a text the POSIX way: `AT TIME ZONE '+02:00'` is two hours *west* of Greenwich. Whether a name exists is known by the server alone.

use super::codes;
use crate::text::toml::{Document, Text};

/// Reports what cannot be the name of a zone.
pub(super) fn check(document: &Document<'_>, zone: &Text<'_>) -> bool {
    if is_name(zone.value) {
        return true;
    }
    let (message, help) = match whole_hours(zone.value) {
        Some(0) => (format!("`{}` is an offset, not the name of a zone", zone.value), "write `UTC`".to_owned()),
        Some(hours) => (
            format!("`{}` is an offset, not the name of a zone", zone.value),
            format!(
                "write the name of the place, such as `Europe/Madrid`, or `Etc/GMT{:+}` for {} {} {} of Greenwich all year",
                -hours,
                hours.abs(),
                if hours.abs() == 1 { "hour" } else { "hours" },
                if hours > 0 { "east" } else { "west" }
            ),
        ),
        None => (
            format!("`{}` is not the name of a time zone", zone.value),
            "write it as the time zone database does: `UTC`, `Europe/Madrid`, `America/Guayaquil`".to_owned(),
        ),
    };
    document.error(codes::BAD_ZONE, zone.span, message, "expected a name", help);
    false
}

fn is_name(zone: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'))
    };
    // `UTC+3` would be read as a POSIX rule; only `Etc/GMT+3` is a name with a sign and a digit.
    let signed = zone.bytes().zip(zone.bytes().skip(1)).any(|(a, b)| matches!(a, b'+' | b'-') && b.is_ascii_digit());
    zone.split('/').all(part) && (!signed || zone.starts_with("Etc/GMT"))
}

/// `+02:00`, `-5`, `UTC+3` in whole hours east of Greenwich.
fn whole_hours(zone: &str) -> Option<i32> {
    let offset = zone.trim_start_matches("UTC").trim_start_matches("GMT");
    let sign = match offset.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = offset[1..].split_once(':').unwrap_or((&offset[1..], "00"));
    let hours: i32 = hours.parse().ok().filter(|h| (0..=14).contains(h))?;
    (minutes == "00").then_some(sign * hours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_offsets() {
        for name in [
            "UTC",
            "Europe/Madrid",
            "America/Argentina/Buenos_Aires",
            "America/Port-au-Prince",
            "Etc/GMT+5",
            "EST5EDT",
            "CET",
        ] {
            assert!(is_name(name), "{name}");
        }
        for other in
            ["", "+02:00", "-5", "UTC+3", "GMT-1", "Europe/", "/UTC", "UTC'; --", "Europe Madrid", "5", "<+02>-2"]
        {
            assert!(!is_name(other), "{other}");
        }
        assert_eq!(whole_hours("+02:00"), Some(2));
        assert_eq!(whole_hours("UTC-5"), Some(-5));
        assert_eq!(whole_hours("+05:30"), None);
        assert_eq!(whole_hours("+99"), None);
    }
}
