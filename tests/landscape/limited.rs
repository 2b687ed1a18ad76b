//! Reading no more than is sensible.

use spurious::landscape::limited::Limited;
use std::io::ErrorKind;

trials![as_much_as_allowed_is_read_and_no_more];

fn as_much_as_allowed_is_read_and_no_more() {
    for length in [0, 1, 999, 1000] {
        assert_eq!(Limited::new(&vec![7; length][..], 1000).whole().unwrap(), vec![7; length]);
    }
    let error = Limited::new(&[7; 1001][..], 1000).whole().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    let error = Limited::new(std::io::repeat(7), 3 << 20).whole().unwrap_err().to_string();
    assert!(error.contains("more than 3 MiB"), "{error}");
}
