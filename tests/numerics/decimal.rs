//! Numbers as people write them.

use spurious::numerics::decimal::{Fault, read, read_whole};

trials![no_number_becomes_another, whole_numbers_have_any_notation];

fn no_number_becomes_another() {
    for (text, number) in [("0", 0.0), ("-0.0e5", 0.0), ("0e-999", 0.0), ("1e-300", 1e-300), ("5e-324", 5e-324)] {
        assert_eq!(read(text), Ok(number), "{text}");
    }
    for text in ["1e-400", "-0.00001e-330", "2e-324", "1E-999"] {
        assert_eq!(read(text), Err(Fault::Underflow), "{text}");
    }
    for text in ["1e309", "-1e400"] {
        assert_eq!(read(text), Err(Fault::Overflow), "{text}");
    }
    for text in ["", "inf", "-inf", "nan", "infinity", "one", "1,5", "0x10"] {
        assert_eq!(read(text), Err(Fault::NotFinite), "{text}");
    }
}

fn whole_numbers_have_any_notation() {
    for (text, number) in [
        ("0", 0),
        ("1_000", 1000),
        ("0x10", 16),
        ("0b101", 5),
        ("0o17", 15),
        ("1e4", 10_000),
        ("2.5e1", 25),
        ("+7", 7),
        ("18446744073709551615", u64::MAX),
        ("0xbeef_face_dead_cafe", 0xbeef_face_dead_cafe),
    ] {
        assert_eq!(read_whole(text), Some(number), "{text}");
    }
    for text in ["", "-1", "1.5", "1e-1", "18446744073709551616", "1e19", "0x", "0xg", "0x-1", "nan", "many"] {
        assert_eq!(read_whole(text), None, "{text}");
    }
}
