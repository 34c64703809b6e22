// Sums. A workgroup's threads form teams, one a result: thread `tid` is lane tid / per of team tid % per, where a
// workgroup has `per` teams. The order of additions depends on the team alone, so equal programs give equal bits.

var<workgroup> partial: array<vec4<f32>, WG>;

// Sums of a long team are first taken by this many of its lanes.
const FOLD: u32 = 16u;

// The sum of x over a team, in its lane 0. Every thread of the workgroup must call it. A loop of one turn where others
// would branch, as in resident.wgsl; and a pipeline whose teams are all single threads has no barrier.
fn team_sum(x: vec4<f32>, tid: u32, team: u32) -> vec4<f32> {
    var total = x;
    if TEAM > 1u {
        var left = team;
        while left > 1u {
            total = shared_sum(x, tid, team);
            left = 1u;
        }
    }
    return total;
}

fn shared_sum(x: vec4<f32>, tid: u32, team: u32) -> vec4<f32> {
    let per = WG / team;
    let lane = tid / per;
    partial[tid] = x;
    workgroupBarrier();
    var lanes = team;
    if team > FOLD {
        var sum = vec4<f32>();
        if lane < FOLD {
            for (var i = lane; i < team; i += FOLD) {
                sum += partial[tid % per + i * per];
            }
        }
        workgroupBarrier();
        partial[tid] = sum;
        workgroupBarrier();
        lanes = FOLD;
    }
    var sum = vec4<f32>();
    if lane == 0u {
        for (var i = 0u; i < lanes; i++) {
            sum += partial[tid + i * per];
        }
    }
    workgroupBarrier();
    return sum;
}

fn run_row_sum(op: u32, group: u32, groups: u32, tid: u32) {
    let x = mat(op, 1u);
    let out = field(op, 5u);
    let accumulate = field(op, 6u) == 1u;
    let team = min(field(op, 7u), TEAM);
    let per = WG / team;
    for (var base = group * per; base < x.rows; base += groups * per) {
        let r = base + tid % per;
        var sum = 0.0;
        if r < x.rows {
            for (var c = tid / per; c < x.cols; c += team) {
                sum += load(x.at + r * x.stride + c);
            }
        }
        let total = team_sum(vec4<f32>(sum), tid, team).x;
        if tid < per && r < x.rows {
            store(out + r, total, accumulate);
        }
    }
}

// One workgroup.
fn run_point_loss(op: u32, group: u32, groups: u32, tid: u32) {
    let a = mat(op, 1u);
    let kind = field(op, 6u);
    let t = number(op, 7u);
    var sum = 0.0;
    let live = field(op, 5u);
    for (var c = tid; c < live; c += WG) {
        sum += phi(kind, t, load(a.at + c));
    }
    let total = team_sum(vec4<f32>(sum), tid, TEAM).x;
    if tid == 0u {
        store(field(op, 9u), number(op, 8u) * total, field(op, 10u) == 1u);
    }
}

// One workgroup.
fn run_sum_squares(op: u32, group: u32, groups: u32, tid: u32) {
    let x = field(op, 1u);
    var sum = vec4<f32>();
    var i = tid;
    let len = field(op, 2u);
    for (; i + 3u * WG < len; i += 4u * WG) {
        let four = vec4<f32>(load(x + i), load(x + i + WG), load(x + i + 2u * WG), load(x + i + 3u * WG));
        sum += four * four;
    }
    for (; i < len; i += WG) {
        let one = load(x + i);
        sum.x += one * one;
    }
    let total = team_sum(sum, tid, TEAM);
    if tid == 0u {
        save(field(op, 3u), total.x + total.y + total.z + total.w);
    }
}
