//! The peak of the CPU, measured: independent fused multiply-adds in registers of full width. That of a GPU is measured
//! by [`crate::descent::backend::gpu::Gpu::peak`] in the same way.

use crate::numerics::Precision;
use pulp::{Arch, Simd, WithSimd};
use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Time of one trial.
const TRIAL: Duration = Duration::from_millis(8);
/// Trials of each number of chains; the best counts.
const TRIALS: usize = 3;
/// Links of a chain between two looks at the clock: some microseconds.
const LINKS: usize = 4096;

/// Fused multiply-adds a second that all threads of the current pool do together, lanes counted one by one: the most
/// that was seen. A processor without the instruction imitates it, and so does this figure.
pub fn cpu(precision: Precision) -> f64 {
    let arch = Arch::new();
    // Enough chains to hide the latency of an instruction, few enough for the registers; which number is best differs.
    let trials: [fn(Arch, Precision) -> f64; 3] = [links::<8>, links::<12>, links::<24>];
    let each = trials.iter().flat_map(|chains| (0..TRIALS).map(|_| all_threads(|| chains(arch, precision))));
    each.fold(0.0, f64::max)
}

/// Operations a second of all threads that do `work`, which returns how many it has done, at once.
fn all_threads(work: impl Fn() -> f64 + Sync) -> f64 {
    let together = Barrier::new(rayon::current_num_threads());
    let rates = rayon::broadcast(|_| {
        together.wait();
        let began = Instant::now();
        let mut done = 0.0;
        while began.elapsed() < TRIAL {
            done += work();
        }
        done / began.elapsed().as_secs_f64()
    });
    rates.iter().sum()
}

/// Grows `N` chains by [`LINKS`] links each and returns the number of fused multiply-adds.
fn links<const N: usize>(arch: Arch, precision: Precision) -> f64 {
    match precision {
        Precision::F32 => arch.dispatch(Single::<N>),
        Precision::F64 => arch.dispatch(Double::<N>),
    }
}

macro_rules! chains {
    ($name:ident, $lanes:ident, $splat:ident, $mul_add:ident, $reduce:ident) => {
        /// `N` chains of fused multiply-adds, each link of which needs the one before.
        struct $name<const N: usize>;

        impl<const N: usize> WithSimd for $name<N> {
            type Output = f64;

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) -> f64 {
                // Towards 1, and never a subnormal number. The compiler must neither know the numbers nor find two
                // chains alike.
                let factor = simd.$splat(black_box(0.75));
                let term = simd.$splat(black_box(0.25));
                let mut chains = [term; N];
                for (i, chain) in chains.iter_mut().enumerate() {
                    *chain = simd.$splat(black_box(i as _));
                }
                for _ in 0..LINKS {
                    for chain in &mut chains {
                        *chain = simd.$mul_add(*chain, factor, term);
                    }
                }
                for chain in chains {
                    black_box(simd.$reduce(chain));
                }
                (N * LINKS * S::$lanes) as f64
            }
        }
    };
}
chains!(Single, F32_LANES, splat_f32s, mul_add_f32s, reduce_sum_f32s);
chains!(Double, F64_LANES, splat_f64s, mul_add_f64s, reduce_sum_f64s);
