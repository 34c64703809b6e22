// The resident form: one workgroup walks the whole list of ops, many times over. Barriers stand in for dispatches.

// `times` times over: for each of `runs` entries (first op, end, times, 0), its ops that often.
struct Plan {
    times: u32,
    runs: u32,
    pad_a: u32,
    pad_b: u32,
    list: array<vec4<u32>, 7>,
}

@group(0) @binding(3) var<uniform> plan: Plan;

// Words of an op's record.
const RECORD: u32 = 64u;

fn run_op(op: u32, tid: u32) {
    switch field(op, 0u) {
        case 0u: { run_tick(op, tid, WG); }
        case 1u: { run_draw(op, tid, WG); }
        case 2u: { run_gather(op, tid, WG); }
        case 3u: { run_gemm(op, 0u, 1u, tid); }
        case 4u: { run_row_sum(op, 0u, 1u, tid); }
        case 5u: { run_spread(op, tid, WG); }
        case 6u: { run_map(op, tid, WG); }
        case 7u: { run_zip(op, tid, WG); }
        case 8u: { run_scale(op, tid, WG); }
        case 9u: { run_point_loss(op, 0u, 1u, tid); }
        case 10u: { run_point_grad(op, tid, WG); }
        case 11u: { run_tally(op, tid, WG); }
        case 12u: { run_sum_squares(op, 0u, 1u, tid); }
        case 13u: { run_sgd(op, tid, WG); }
        case 14u: { run_momentum(op, tid, WG); }
        case 15u: { run_adam(op, tid, WG); }
        case 16u: { run_rmsprop(op, tid, WG); }
        case 17u: { run_clamp(op, tid, WG); }
        case 18u: { run_average(op, tid, WG); }
        default: {}
    }
}

@compute @workgroup_size(WG)
fn resident(@builtin(local_invocation_index) tid: u32) {
    for (var time = 0u; time < plan.times; time++) {
        for (var r = 0u; r < plan.runs; r++) {
            let run = plan.list[r];
            for (var again = 0u; again < run.z; again++) {
                for (var op = run.x; op < run.y; op += RECORD) {
                    run_op(op, tid);
                    if WG > 1u {
                        storageBarrier();
                    }
                }
            }
        }
    }
}
