// Elementary functions: the sequences of adversaria_core::math, operation by operation. What activations
// need is written for four numbers at once.

fn pmin(a: f32, b: f32) -> f32 {
    return select(a, b, b < a);
}

fn pmax(a: f32, b: f32) -> f32 {
    return select(a, b, a < b);
}

fn pmin4(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    return select(a, b, b < a);
}

fn pmax4(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    return select(a, b, a < b);
}

// (e^r − 1, 2ⁿ) with x = n ln 2 + r.
struct ExpParts {
    m1: vec4<f32>,
    power: vec4<f32>,
}

fn exp_parts(x_any: vec4<f32>) -> ExpParts {
    let x = pmax4(pmin4(x_any, vec4<f32>(88.37)), vec4<f32>(-87.33));
    let n = floor(x * 1.442695 + 0.5);
    let r = x - n * 0.6933594 - n * -0.00021219444;
    var p = vec4<f32>(0.00019875691);
    p = p * r + 0.0013981999;
    p = p * r + 0.008333452;
    p = p * r + 0.041665796;
    p = p * r + 0.16666665;
    p = p * r + 0.5;
    let power = bitcast<vec4<f32>>(vec4<u32>(vec4<i32>(n) + 127) << vec4<u32>(23u));
    return ExpParts(p * r * r + r, power);
}

fn exp4(x: vec4<f32>) -> vec4<f32> {
    let e = exp_parts(x);
    return (e.m1 + 1.0) * e.power;
}

fn exp_m1(x: vec4<f32>) -> vec4<f32> {
    let e = exp_parts(x);
    return e.m1 * e.power + (e.power - 1.0);
}

fn ln4(x: vec4<f32>) -> vec4<f32> {
    let t = bitcast<vec4<u32>>(x) + (0x3f800000u - 0x3f3504f3u);
    let e = vec4<f32>(vec4<i32>((t >> vec4<u32>(23u)) - 127u));
    let m = bitcast<vec4<f32>>((t & vec4<u32>(0x007fffffu)) + 0x3f3504f3u);
    let f = m - 1.0;
    let s = f / (f + 2.0);
    let z = s * s;
    var p = vec4<f32>(0.24279079);
    p = p * z + 0.28498787;
    p = p * z + 0.40000972;
    p = p * z + 0.6666666;
    let r = z * p;
    let half_square = 0.5 * f * f;
    let low = s * (half_square + r) + e * 0.000009058001;
    return low - half_square + f + e * 0.6931381;
}

fn ln_1p(t: vec4<f32>) -> vec4<f32> {
    let u = t + 1.0;
    return ln4(u) + (t - (u - 1.0)) / u;
}

fn tanh4(x: vec4<f32>) -> vec4<f32> {
    let z = x * x;
    var p = vec4<f32>(-0.0057049887);
    p = p * z + 0.02063909;
    p = p * z + -0.053739716;
    p = p * z + 0.13331442;
    p = p * z + -0.3333328;
    let near = p * z * x + x;
    let size = abs(x);
    let far = 1.0 - 2.0 / (exp4(size + size) + 1.0);
    let sign = bitcast<vec4<u32>>(x) & vec4<u32>(0x80000000u);
    return select(bitcast<vec4<f32>>(bitcast<vec4<u32>>(far) | sign), near, size < vec4<f32>(0.625));
}

fn sigmoid4(x: vec4<f32>) -> vec4<f32> {
    return 1.0 / (exp4(-x) + 1.0);
}

fn softplus4(x: vec4<f32>) -> vec4<f32> {
    return pmax4(x, vec4<f32>()) + ln_1p(exp4(-abs(x)));
}

fn exp_f(x: f32) -> f32 {
    return exp4(vec4<f32>(x)).x;
}

fn tanh_f(x: f32) -> f32 {
    return tanh4(vec4<f32>(x)).x;
}

fn sigmoid(x: f32) -> f32 {
    return sigmoid4(vec4<f32>(x)).x;
}

fn softplus(x: f32) -> f32 {
    return softplus4(vec4<f32>(x)).x;
}

fn ln_f(x: f32) -> f32 {
    return ln4(vec4<f32>(x)).x;
}

// (sin, cos) of r + q π/2 for |r| ≤ π/4.
fn sin_cos_quadrant(r: f32, q: u32) -> vec2<f32> {
    let z = r * r;
    var p = -0.00019515296;
    p = p * z + 0.008332161;
    p = p * z + -0.16666655;
    let s = p * z * r + r;
    var k = 0.000024433157;
    k = k * z + -0.0013887316;
    k = k * z + 0.041666646;
    let c = k * z * z - 0.5 * z + 1.0;
    let odd = (q & 1u) == 1u;
    let sin = bitcast<u32>(select(s, c, odd)) ^ ((q & 2u) << 30u);
    let cos = bitcast<u32>(select(c, s, odd)) ^ (((q + 1u) & 2u) << 30u);
    return vec2<f32>(bitcast<f32>(sin), bitcast<f32>(cos));
}

fn sin_cos(x: f32) -> vec2<f32> {
    let q = floor(x * 0.63661975 + 0.5);
    let r = x - q * 1.5703125 - q * 0.0004837513 - q * 0.0000000754979;
    return sin_cos_quadrant(r, u32(i32(q)));
}

// (sin, cos) of 2π u for 0 ≤ u < 1.
fn sin_cos_turn(u: f32) -> vec2<f32> {
    let q = floor(u * 4.0 + 0.5);
    return sin_cos_quadrant((u - q * 0.25) * 6.2831855, u32(i32(q)));
}
