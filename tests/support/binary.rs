//! Parameters in Postgres's binary format, from their text.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

/// The binary form of `text` as a value of type `oid`; none for types that this does not know, and for what is no such value.
pub(crate) fn encode(oid: u32, text: &str) -> Option<Vec<u8>> {
    Some(match oid {
        16 => vec![u8::from(matches!(text, "t" | "true"))],
        20 => text.parse::<i64>().ok()?.to_be_bytes().into(),
        21 => text.parse::<i16>().ok()?.to_be_bytes().into(),
        23 => text.parse::<i32>().ok()?.to_be_bytes().into(),
        25 | 1043 => text.as_bytes().into(),
        701 => text.parse::<f64>().ok()?.to_be_bytes().into(),
        1082 => i32::try_from(days(text)?).ok()?.to_be_bytes().into(),
        1114 | 1184 => microseconds(text)?.to_be_bytes().into(),
        3802 => [&[1], text.as_bytes()].concat(),
        _ => return None,
    })
}

/// `2025-01-31` as days since 2000-01-01.
fn days(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(|p| p.parse::<i64>().ok());
    let mut part = || parts.next().flatten();
    let (year, month, day) = (part()?, part()?, part()?);
    // The year begins in March, so that the leap day is its last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let from_zero =
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + day - 1;
    Some(from_zero - 730_425)
}

/// `2025-01-31 12:30:00.5+00` as microseconds since 2000-01-01; only UTC.
fn microseconds(text: &str) -> Option<i64> {
    let text = text.trim_end_matches("+00");
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let seconds = clock.split(':').try_fold(0, |sum, part| Some(sum * 60 + part.parse::<i64>().ok()?))?;
    let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
    Some((days(date)? * 86_400 + seconds) * 1_000_000 + fraction)
}

#[test]
fn the_epoch_is_the_year_2000() {
    assert_eq!(days("2000-01-01"), Some(0));
    assert_eq!(days("2000-03-01"), Some(60));
    assert_eq!(days("2025-01-01"), Some(9132));
    assert_eq!(microseconds("1999-12-31"), Some(-86_400_000_000));
    assert_eq!(microseconds("2000-01-02 00:00:01.5+00"), Some(86_401_500_000));
}
