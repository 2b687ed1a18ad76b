//! Parameters: defaults, and values that cells of a grid share.

use spurious::landscape::{Value, Values};
use spurious::models;

trials![defaults_are_what_toml_says, values_of_a_cell_are_its_own];

fn defaults_are_what_toml_says() {
    for model in models::all() {
        for parameter in model.parameters() {
            let table: toml::Table = format!("x = {}", parameter.default).parse().unwrap();
            let expected = parameter.kind.accept(&table["x"]);
            assert_eq!(Some(parameter.default_value()), expected, "{}: {}", model.name(), parameter.name);
        }
    }
}

fn values_of_a_cell_are_its_own() {
    let common = Values::new(vec![("a", Value::Integer(1)), ("b", Value::Real(2.0)), ("c", Value::Above("a", 3))]);
    let own = common.with(vec![(1, Value::Real(5.0))]);
    assert_eq!((own.integer("a"), own.real("b"), common.real("b")), (1, 5.0, 2.0));
    let again = own.with(vec![(0, Value::Integer(7)), (1, Value::Real(6.0))]);
    assert_eq!((again.integer("a"), again.real("b"), own.real("b")), (7, 6.0, 5.0));
    let mut resolved = again.clone();
    resolved.resolve(&[]).unwrap();
    assert_eq!((resolved.integer("c"), again.get("c")), (10, Some(&Value::Above("a", 3))));
    let names: Vec<&str> = resolved.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b", "c"]);
    // Equal by what they are, not by what they share.
    assert_eq!(own, Values::new(vec![("a", Value::Integer(1)), ("b", Value::Real(5.0)), ("c", Value::Above("a", 3))]));
    assert_ne!(own, common);
    let mut renamed = common.clone();
    renamed.replace(|value| (*value == Value::Integer(1)).then_some(Value::Integer(4)));
    assert_eq!((renamed.integer("a"), common.integer("a"), renamed.real("b")), (4, 1, 2.0));
}
