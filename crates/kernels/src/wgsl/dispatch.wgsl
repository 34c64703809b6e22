// The dispatch form: one dispatch an op. The program's binding is moved to the op's record.

@compute @workgroup_size(WG)
fn tick(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_tick(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn draw(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_draw(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn gather(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_gather(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn spread(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_spread(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn map(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_map(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn zip(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_zip(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn scale(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_scale(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn point_grad(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_point_grad(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn tally(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_tally(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn sgd(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_sgd(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn momentum(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_momentum(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn adam(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_adam(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn rmsprop(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_rmsprop(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn clamp(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_clamp(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn average(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_average(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn pick(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_pick(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn route(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    run_route(0u, id.x, groups.x * WG);
}

@compute @workgroup_size(WG)
fn gemm(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) tid: u32,
) {
    run_gemm(0u, group.x, groups.x, tid);
}

@compute @workgroup_size(WG)
fn row_sum(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) tid: u32,
) {
    run_row_sum(0u, group.x, groups.x, tid);
}

@compute @workgroup_size(WG)
fn point_loss(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) tid: u32,
) {
    run_point_loss(0u, group.x, groups.x, tid);
}

@compute @workgroup_size(WG)
fn sum_squares(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) tid: u32,
) {
    run_sum_squares(0u, group.x, groups.x, tid);
}
