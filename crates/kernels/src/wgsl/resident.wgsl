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

// Nothing more to do.
const DONE: u32 = 99u;

// Loops that end after one turn, rather than a switch: software adapters run the code of every branch, with its effects
// masked, but skip a loop that no thread enters.
fn run_op(op: u32, tid: u32) {
    var todo = field(op, 0u);
    if (OPS & 1u) != 0u {
        while todo == 0u {
            run_tick(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 2u) != 0u {
        while todo == 1u {
            run_draw(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 4u) != 0u {
        while todo == 2u {
            run_gather(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 8u) != 0u {
        while todo == 3u {
            run_gemm(op, 0u, 1u, tid);
            todo = DONE;
        }
    }
    if (OPS & 16u) != 0u {
        while todo == 4u {
            run_row_sum(op, 0u, 1u, tid);
            todo = DONE;
        }
    }
    if (OPS & 32u) != 0u {
        while todo == 5u {
            run_spread(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 64u) != 0u {
        while todo == 6u {
            run_map(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 128u) != 0u {
        while todo == 7u {
            run_zip(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 256u) != 0u {
        while todo == 8u {
            run_scale(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 512u) != 0u {
        while todo == 9u {
            run_point_loss(op, 0u, 1u, tid);
            todo = DONE;
        }
    }
    if (OPS & 1024u) != 0u {
        while todo == 10u {
            run_point_grad(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 2048u) != 0u {
        while todo == 11u {
            run_tally(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 4096u) != 0u {
        while todo == 12u {
            run_sum_squares(op, 0u, 1u, tid);
            todo = DONE;
        }
    }
    if (OPS & 8192u) != 0u {
        while todo == 13u {
            run_sgd(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 16384u) != 0u {
        while todo == 14u {
            run_momentum(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 32768u) != 0u {
        while todo == 15u {
            run_adam(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 65536u) != 0u {
        while todo == 16u {
            run_rmsprop(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 131072u) != 0u {
        while todo == 17u {
            run_clamp(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 262144u) != 0u {
        while todo == 18u {
            run_average(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 524288u) != 0u {
        while todo == 19u {
            run_pick(op, tid, WG);
            todo = DONE;
        }
    }
    if (OPS & 1048576u) != 0u {
        while todo == 20u {
            run_route(op, tid, WG);
            todo = DONE;
        }
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
