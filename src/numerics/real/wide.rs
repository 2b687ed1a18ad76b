//! As many runs side by side as the processor's registers hold, chosen when the program starts.
//!
//! [`F32s`] and [`F64s`] are one vector register each of an instruction set that `pulp` has found: AVX-512, AVX2 with
//! FMA, NEON, or a single number where there is none of them. They exist inside [`dispatch`] only.

use super::{Mask, Precision, Real};
use pulp::{Arch, NullaryFnOnce, Simd, WithSimd};
use std::marker::PhantomData;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

/// Something to be done with the processor's vectors.
pub(crate) trait Vectorised {
    /// What comes of it.
    type Output;
    /// Does it. Must be `#[inline(always)]`, with all that it calls: only what is inlined uses the vectors.
    fn with<S: Simd>(self) -> Self::Output;
}

/// Does something with the widest vectors that the processor has.
pub(crate) fn dispatch<V: Vectorised>(work: V) -> V::Output {
    struct Op<V>(V);
    impl<V: Vectorised> WithSimd for Op<V> {
        type Output = V::Output;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> V::Output {
            self.0.with::<S>()
        }
    }
    Arch::new().dispatch(Op(work))
}

/// Does something with vectors that the processor has, in a function of its own: what is inlined elsewhere does not
/// share its registers and stack.
pub(crate) fn apart<S: Simd, V: Vectorised>(work: V) -> V::Output {
    struct Op<S, V>(V, PhantomData<S>);
    impl<S: Simd, V: Vectorised> NullaryFnOnce for Op<S, V> {
        type Output = V::Output;
        #[inline(always)]
        fn call(self) -> V::Output {
            self.0.with::<S>()
        }
    }
    proof::<S>().vectorize(Op::<S, V>(work, PhantomData))
}

/// Lanes of the widest vectors of a format.
pub(crate) fn widest(precision: Precision) -> usize {
    struct Width(Precision);
    impl Vectorised for Width {
        type Output = usize;
        #[inline(always)]
        fn with<S: Simd>(self) -> usize {
            match self.0 {
                Precision::F32 => S::F32_LANES,
                Precision::F64 => S::F64_LANES,
            }
        }
    }
    dispatch(Width(precision))
}

/// The proof that the processor has an instruction set: it carries no data.
#[inline(always)]
#[expect(
    unsafe_code,
    reason = "a constant of a number type is made without a value at hand that could carry the proof; it was given \
              when `dispatch` chose the instruction set, and the types below are not reachable outside of it"
)]
fn proof<S: Simd>() -> S {
    const { assert!(size_of::<S>() == 0) }
    // SAFETY: S has no bytes, and its instructions are available: see the reason above.
    unsafe { std::mem::transmute_copy(&()) }
}

macro_rules! vector {
    (
        $name:ident, $mask:ident, $scalar:ty, $precision:expr, $vector:ident, $truth:ident, $lanes:ident,
        $splat:ident, $add:ident, $sub:ident, $mul:ident, $div:ident, $neg:ident, $mul_add:ident, $sqrt:ident,
        $abs:ident, $max:ident, $min:ident, $lt:ident, $le:ident, $select:ident, $and:ident, $or:ident, $not:ident
    ) => {
        /// A vector of runs in one format.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name<S: Simd>(S::$vector);

        /// A truth value for each of them.
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $mask<S: Simd>(S::$truth);

        vector!(@binary $name, Add, add, $add);
        vector!(@binary $name, Sub, sub, $sub);
        vector!(@binary $name, Mul, mul, $mul);
        vector!(@binary $name, Div, div, $div);
        vector!(@binary $mask, BitAnd, bitand, $and);
        vector!(@binary $mask, BitOr, bitor, $or);

        impl<S: Simd> Neg for $name<S> {
            type Output = Self;
            #[inline(always)]
            fn neg(self) -> Self {
                $name(proof::<S>().$neg(self.0))
            }
        }

        impl<S: Simd> Not for $mask<S> {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                $mask(proof::<S>().$not(self.0))
            }
        }

        impl<S: Simd> Mask for $mask<S> {
            #[inline(always)]
            fn any(self) -> bool {
                bytemuck::bytes_of(&self.0).iter().fold(0, |any, byte| any | byte) != 0
            }
            #[inline(always)]
            fn bits(self) -> u128 {
                let bytes = bytemuck::bytes_of(&self.0);
                let each = bytes.len() / S::$lanes;
                if each == 0 {
                    // A bit a lane.
                    return bytes.iter().rev().fold(0, |bits, byte| bits << 8 | u128::from(*byte));
                }
                (0..S::$lanes).fold(0, |bits, lane| bits | u128::from(bytes[lane * each] & 1) << lane)
            }
        }

        impl<S: Simd> Real for $name<S> {
            type Mask = $mask<S>;
            type Part = Self;
            const PARTS: usize = 1;
            const LANES: usize = S::$lanes;
            const PRECISION: Precision = $precision;

            #[inline(always)]
            fn splat(x: f64) -> Self {
                $name(proof::<S>().$splat(x as $scalar))
            }
            #[inline(always)]
            fn lane(&self, i: usize) -> f64 {
                f64::from(bytemuck::cast_slice::<_, $scalar>(std::slice::from_ref(&self.0))[i])
            }
            #[inline(always)]
            fn set_lane(&mut self, i: usize, x: f64) {
                bytemuck::cast_slice_mut::<_, $scalar>(std::slice::from_mut(&mut self.0))[i] = x as $scalar;
            }
            #[inline(always)]
            fn set_lanes(&mut self, first: usize, numbers: &[f32]) {
                let own = bytemuck::cast_slice_mut::<_, $scalar>(std::slice::from_mut(&mut self.0));
                own[first..][..numbers.len()].iter_mut().zip(numbers).for_each(|(own, x)| *own = (*x).into());
            }
            #[inline(always)]
            fn whole_lanes(&self, first: usize, words: &mut [u32]) {
                let own = bytemuck::cast_slice::<_, $scalar>(std::slice::from_ref(&self.0));
                words.iter_mut().zip(&own[first..]).for_each(|(word, x)| *word = x.abs() as u32);
            }
            #[inline(always)]
            fn part(&self, _: usize) -> Self {
                *self
            }
            #[inline(always)]
            fn set_part(&mut self, _: usize, part: Self) {
                *self = part;
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, term: Self) -> Self {
                $name(proof::<S>().$mul_add(self.0, factor.0, term.0))
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $name(proof::<S>().$sqrt(self.0))
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $name(proof::<S>().$abs(self.0))
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                $name(proof::<S>().$max(self.0, other.0))
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                $name(proof::<S>().$min(self.0, other.0))
            }
            #[inline(always)]
            fn lt(self, other: Self) -> $mask<S> {
                $mask(proof::<S>().$lt(self.0, other.0))
            }
            #[inline(always)]
            fn le(self, other: Self) -> $mask<S> {
                $mask(proof::<S>().$le(self.0, other.0))
            }
            #[inline(always)]
            fn select(mask: $mask<S>, yes: Self, no: Self) -> Self {
                $name(proof::<S>().$select(mask.0, yes.0, no.0))
            }
        }
    };
    (@binary $name:ident, $trait:ident, $method:ident, $op:ident) => {
        impl<S: Simd> $trait for $name<S> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                $name(proof::<S>().$op(self.0, other.0))
            }
        }
    };
}

vector!(
    F32s,
    F32Mask,
    f32,
    Precision::F32,
    f32s,
    m32s,
    F32_LANES,
    splat_f32s,
    add_f32s,
    sub_f32s,
    mul_f32s,
    div_f32s,
    neg_f32s,
    mul_add_f32s,
    sqrt_f32s,
    abs_f32s,
    max_f32s,
    min_f32s,
    less_than_f32s,
    less_than_or_equal_f32s,
    select_f32s,
    and_m32s,
    or_m32s,
    not_m32s
);
vector!(
    F64s,
    F64Mask,
    f64,
    Precision::F64,
    f64s,
    m64s,
    F64_LANES,
    splat_f64s,
    add_f64s,
    sub_f64s,
    mul_f64s,
    div_f64s,
    neg_f64s,
    mul_add_f64s,
    sqrt_f64s,
    abs_f64s,
    max_f64s,
    min_f64s,
    less_than_f64s,
    less_than_or_equal_f64s,
    select_f64s,
    and_m64s,
    or_m64s,
    not_m64s
);

/// Two vectors of runs side by side: while one waits for a root or a quotient, the other computes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<R>(R, R);

/// A truth value for each of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PairMask<R: Real>(R::Mask, R::Mask);

macro_rules! both {
    ($name:ident, $trait:ident, $method:ident $(, $other:ident)?) => {
        impl<R: Real> $trait for $name<R> {
            type Output = Self;
            #[inline(always)]
            fn $method(self $(, $other: Self)?) -> Self {
                $name(self.0.$method($($other.0)?), self.1.$method($($other.1)?))
            }
        }
    };
}
both!(Pair, Add, add, other);
both!(Pair, Sub, sub, other);
both!(Pair, Mul, mul, other);
both!(Pair, Div, div, other);
both!(Pair, Neg, neg);
both!(PairMask, BitAnd, bitand, other);
both!(PairMask, BitOr, bitor, other);
both!(PairMask, Not, not);

impl<R: Real> Mask for PairMask<R> {
    #[inline(always)]
    fn any(self) -> bool {
        (self.0 | self.1).any()
    }
    #[inline(always)]
    fn bits(self) -> u128 {
        self.0.bits() | self.1.bits() << R::LANES
    }
}

impl<R: Real> Real for Pair<R> {
    type Mask = PairMask<R>;
    type Part = R::Part;
    const PARTS: usize = 2 * R::PARTS;
    const LANES: usize = 2 * R::LANES;
    const PRECISION: Precision = R::PRECISION;

    #[inline(always)]
    fn splat(x: f64) -> Self {
        Pair(R::splat(x), R::splat(x))
    }
    #[inline(always)]
    fn lane(&self, i: usize) -> f64 {
        if i < R::LANES { self.0.lane(i) } else { self.1.lane(i - R::LANES) }
    }
    #[inline(always)]
    fn set_lane(&mut self, i: usize, x: f64) {
        if i < R::LANES { self.0.set_lane(i, x) } else { self.1.set_lane(i - R::LANES, x) }
    }
    #[inline(always)]
    fn set_lanes(&mut self, first: usize, numbers: &[f32]) {
        let (low, high) = numbers.split_at(R::LANES.saturating_sub(first).min(numbers.len()));
        if !low.is_empty() {
            self.0.set_lanes(first, low);
        }
        if !high.is_empty() {
            self.1.set_lanes((first + low.len()) - R::LANES, high);
        }
    }
    #[inline(always)]
    fn whole_lanes(&self, first: usize, words: &mut [u32]) {
        let (low, high) = words.split_at_mut(R::LANES.saturating_sub(first).min(words.len()));
        let begin = first + low.len();
        if !low.is_empty() {
            self.0.whole_lanes(first, low);
        }
        if !high.is_empty() {
            self.1.whole_lanes(begin - R::LANES, high);
        }
    }
    #[inline(always)]
    fn part(&self, i: usize) -> R::Part {
        if i < R::PARTS { self.0.part(i) } else { self.1.part(i - R::PARTS) }
    }
    #[inline(always)]
    fn set_part(&mut self, i: usize, part: R::Part) {
        if i < R::PARTS { self.0.set_part(i, part) } else { self.1.set_part(i - R::PARTS, part) }
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        Pair(self.0.mul_add(factor.0, term.0), self.1.mul_add(factor.1, term.1))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Pair(self.0.sqrt(), self.1.sqrt())
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Pair(self.0.abs(), self.1.abs())
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Pair(self.0.max(other.0), self.1.max(other.1))
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Pair(self.0.min(other.0), self.1.min(other.1))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> PairMask<R> {
        PairMask(self.0.lt(other.0), self.1.lt(other.1))
    }
    #[inline(always)]
    fn le(self, other: Self) -> PairMask<R> {
        PairMask(self.0.le(other.0), self.1.le(other.1))
    }
    #[inline(always)]
    fn select(mask: PairMask<R>, yes: Self, no: Self) -> Self {
        Pair(R::select(mask.0, yes.0, no.0), R::select(mask.1, yes.1, no.1))
    }
}
