//! What a device needs to know of a problem.

use super::model::Invalid;
use std::borrow::Cow;
use std::sync::Arc;

/// The texts, sizes and numbers from which a device's program is built.
#[derive(Clone, Debug)]
pub struct DeviceProgram {
    /// Shader texts that define the landscape, in order: given by the model, or made. What they define, and what they
    /// may leave to defaults, is in `shaders/descent.wgsl`.
    pub texts: Vec<Cow<'static, str>>,
    /// Whether several lanes can share a run; otherwise each lane holds a whole state.
    pub shareable: bool,
    /// Whole numbers that shape the program; they become constants of the text.
    pub shape: Vec<(&'static str, u32)>,
    /// Real numbers; a sweep over them never recompiles.
    pub constants: Vec<(&'static str, f64)>,
    /// Memory that the lanes of a run share and that `survey` fills: names and numbers of real values for each run. A
    /// model's text writes every word before it reads it.
    pub memory: Vec<(&'static str, u32)>,
    /// Read-only data shared by all runs.
    pub data: Arc<[f64]>,
    /// Why no device can take it, and what to do; `None` where that depends on the device.
    pub refused: Option<Invalid>,
}

impl DeviceProgram {
    /// A program of these texts for one lane per run, without sizes, constants, memory or data.
    pub fn of<const N: usize>(texts: [&'static str; N]) -> Self {
        DeviceProgram {
            texts: texts.map(Cow::Borrowed).into(),
            shareable: false,
            shape: Vec::new(),
            constants: Vec::new(),
            memory: Vec::new(),
            data: [0.0].into(),
            refused: None,
        }
    }
}

/// What a gradient step of one run costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// About how many loop iterations, over all lanes of a run.
    pub iterations: u32,
    /// Fewest arithmetic instructions, verdicts left out: a fused multiply-add, addition, multiplication, comparison,
    /// selection, minimum, division or root is one.
    pub operations: f64,
}

/// Declares the real constants of a landscape once: a struct over the number type, its rounding to any format, and the
/// named list from which a shader's constants are generated.
macro_rules! constants {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($(#[$field_meta:meta])* $field:ident,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name<R> { $($(#[$field_meta])* $visibility $field: R,)+ }

        impl $name<f64> {
            /// The same constants, rounded to another format.
            $visibility fn over<R: $crate::numerics::real::Real>(&self) -> $name<R> {
                $name { $($field: R::splat(self.$field),)+ }
            }
            /// Names and values, in order.
            $visibility fn named(&self) -> Vec<(&'static str, f64)> {
                vec![$((stringify!($field), self.$field),)+]
            }
        }
    };
}
pub(crate) use constants;
