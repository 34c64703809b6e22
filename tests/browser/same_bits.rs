//! The same address gives the same bits: in another browser, and over a pause on disk.

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{browse, scenes::stage};

const SCENE: &str = "#data=ring8&kd=2&seed=42&backend=cpu";
/// The SHA-256 of a checkpoint, with its length.
const DIGEST: &str = "const digest = async (buffer) => [buffer.byteLength,
    Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', buffer)), (b) => b.toString(16).padStart(2, '0')).join('')];";

async fn after_a_thousand(page: Page) -> Result<Value> {
    stage(&page, SCENE).await?;
    page.api(&format!("{DIGEST} await a.advance(1000); return digest(await a.checkpoint())")).await
}

#[test]
fn two_browsers_agree_to_the_bit() {
    let (first, second) = (browse(after_a_thousand), browse(after_a_thousand));
    assert!(first[0].as_u64() > Some(10_000), "the checkpoint has {} bytes", first[0]);
    assert_eq!(first, second);
}

#[test]
fn a_run_that_was_put_down_goes_on_to_the_bit() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        let script = format!(
            "{DIGEST} await a.advance(300); const half = await a.checkpoint(); await a.advance(300);
            const straight = await digest(await a.checkpoint());
            await a.load('data=bimodal&backend=cpu'); await a.restore(half);
            const at = a.spec().data; await a.advance(300);
            return [at, straight, await digest(await a.checkpoint())]"
        );
        let result = page.api(&script).await?;
        ensure!(
            result[0] == json!("ring8"),
            "the checkpoint's run is not on stage but {}",
            result[0]
        );
        ensure!(result[1] == result[2], "{result}");
        Ok(())
    });
}
