// Threefry-2x32-20 and what is made of its words, as in adversaria_core::rng.

fn rotl(x: u32, by: u32) -> u32 {
    return (x << by) | (x >> (32u - by));
}

fn mix4(x_in: vec2<u32>, r: vec4<u32>) -> vec2<u32> {
    var x = x_in;
    x.x += x.y;
    x.y = rotl(x.y, r.x) ^ x.x;
    x.x += x.y;
    x.y = rotl(x.y, r.y) ^ x.x;
    x.x += x.y;
    x.y = rotl(x.y, r.z) ^ x.x;
    x.x += x.y;
    x.y = rotl(x.y, r.w) ^ x.x;
    return x;
}

fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
    let even = vec4<u32>(13u, 15u, 26u, 6u);
    let odd = vec4<u32>(17u, 29u, 16u, 24u);
    let k2 = key.x ^ key.y ^ 0x1BD11BDAu;
    var x = counter + key;
    x = mix4(x, even) + vec2<u32>(key.y, k2 + 1u);
    x = mix4(x, odd) + vec2<u32>(k2, key.x + 2u);
    x = mix4(x, even) + vec2<u32>(key.x, key.y + 3u);
    x = mix4(x, odd) + vec2<u32>(key.y, k2 + 4u);
    return mix4(x, even) + vec2<u32>(k2, key.x + 5u);
}

fn uniform01(word: u32) -> f32 {
    return f32(word >> 8u) * (1.0 / 16777216.0);
}

fn index_below(word: u32, n: u32) -> u32 {
    return min(u32(uniform01(word) * f32(n)), n - 1u);
}

fn normal_pair(words: vec2<u32>) -> vec2<f32> {
    let u1 = f32((words.x >> 8u) + 1u) * (1.0 / 16777216.0);
    let radius = sqrt(ln_f(u1) * -2.0);
    return radius * sin_cos_turn(uniform01(words.y)).yx;
}

// Whose numbers: the key, and the update number. The op's three fields begin at k.
struct Source {
    key: vec2<u32>,
    update: u32,
}

fn source(op: u32, k: u32) -> Source {
    return Source(vec2<u32>(field(op, k), field(op, k + 1u)), arena[field(op, k + 2u)]);
}

fn block(origin: Source, number: u32) -> vec2<u32> {
    return threefry(origin.key, vec2<u32>(origin.update, number));
}
