// The arc-cosine kernel's angle. Twin of src/numerics/arc_cosine.rs, where the formulas and their source stand.
// `atan_polynomial(z)`, with atan(t) = t * atan_polynomial(t * t) for t up to tan(PI / 8), comes from the prelude.

struct Angle {
    angle: real,
    supplement: real,
}

// Angle of (x, y), y >= 0, from the x axis, and PI minus it, each accurate near its own zero; r = length of (x, y).
fn angle_of(x: real, y: real, r: real) -> Angle {
    let across = abs(x);
    let near = min(across, y);
    let far = max(across, y);
    // A reciprocal takes fewer instructions than a quotient, whose numbers must be scaled.
    let t = near * (ONE / (r + far));
    let half_angle = t * atan_polynomial(t * t);
    let to_axis = half_angle + half_angle;
    let acute = select(to_axis, HALF_PI - to_axis, across < y);
    let obtuse = PI - acute;
    let left = x < ZERO;
    return Angle(select(acute, obtuse, left), select(obtuse, acute, left));
}

// sin(angle) - angle * cos(angle), by its Taylor series where the difference would cancel.
fn sine_excess(x: real, y: real, r: real, angle: real) -> real {
    let z = angle * angle;
    var series = real(-12.0) / real(6227020800.0);
    series = series * z + real(10.0) / real(39916800.0);
    series = series * z - real(8.0) / real(362880.0);
    series = series * z + real(6.0) / real(5040.0);
    series = series * z - real(4.0) / real(120.0);
    series = series * z + real(2.0) / real(6.0);
    return select((y - angle * x) / r, series * z * angle, angle < real(0.35));
}

// PI - g(angle) without cancellation near angle 0.
fn kernel_deficit(x: real, y: real, r: real, angle: real) -> real {
    let versine = select(ONE - x / r, y * y / (r * (r + abs(x))), x >= ZERO);
    return PI * versine - sine_excess(x, y, r, angle);
}
