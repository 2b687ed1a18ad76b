//! Values of the elementary functions that were computed in many digits.

use spurious::numerics::elementary::Function;
use spurious::numerics::elementary::circular::LARGEST_ANGLE_F64;
use std::sync::LazyLock;

/// A value.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) function: Function,
    /// Of a function of one argument the second is 0.
    pub(crate) arguments: [f64; 2],
    /// The number nearest to the value.
    pub(crate) nearest: f64,
    /// How far the value lies above it, in units in its last place; 0 only where both are the same.
    pub(crate) above: f64,
}

impl Value {
    /// Whether the function serves the arguments in f64. Enclosures of sines and cosines go farther.
    pub(crate) fn is_served(&self) -> bool {
        let angle = matches!(self.function, Function::Sin | Function::Cos);
        !angle || self.arguments[0].abs() <= LARGEST_ANGLE_F64
    }

    /// A unit in the last place of the nearest number: the distance to the next larger one.
    fn unit(&self) -> f64 {
        self.nearest.abs().next_up() - self.nearest.abs()
    }

    /// How far a number lies above the value, in units in the last place of the number nearest to that.
    pub(crate) fn distance(&self, x: f64) -> f64 {
        (x - self.nearest) / self.unit() - self.above
    }

    /// The nearest number and so many units.
    pub(crate) fn moved_by(&self, units: f64) -> f64 {
        self.nearest + units * self.unit()
    }

    /// Whether the value lies between two numbers, ends included. Decided without rounding.
    pub(crate) fn is_between(&self, low: f64, high: f64) -> bool {
        let above_low = low < self.nearest || low == self.nearest && self.above >= 0.0;
        let below_high = self.nearest < high || self.nearest == high && self.above <= 0.0;
        above_low && below_high
    }
}

/// All of them; the file says how it was made.
pub(crate) fn values() -> &'static [Value] {
    static VALUES: LazyLock<Vec<Value>> = LazyLock::new(|| {
        let lines = include_str!("values.txt").lines().filter(|line| !line.starts_with('#'));
        lines.map(read).collect()
    });
    &VALUES
}

fn read(line: &str) -> Value {
    let mut words = line.split(' ');
    let name = words.next().unwrap();
    let function = *Function::ALL.iter().find(|function| function.name() == name).expect(line);
    let numbers: Vec<f64> = words.map(|word| word.parse().expect(line)).collect();
    assert_eq!(numbers.len(), function.arguments() + 2, "{line}");
    let second = if function.arguments() == 2 { numbers[1] } else { 0.0 };
    let [nearest, above] = numbers[numbers.len() - 2..] else { unreachable!() };
    Value { function, arguments: [numbers[0], second], nearest, above }
}
