//! What tests of several views do to the page, and wait for.

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

/// A digest of the run's checkpoint: parameters, moments, counters and the log of changes.
pub(crate) async fn state(page: &Page) -> Result<Value> {
    page.api(
        "const bytes = await crypto.subtle.digest('SHA-256', await a.checkpoint());
        return [...new Uint8Array(bytes)].join()",
    )
    .await
}

/// Gives a slider, a list or a text this value, as a person does.
pub(crate) async fn give(page: &Page, id: &str, value: &str) -> Result<()> {
    let script = "const on = document.querySelector(`[data-testid='${arguments[0]}']`);
        on.value = arguments[1];
        const taken = on.value;
        for (const kind of ['input', 'change']) on.dispatchEvent(new Event(kind, { bubbles: true }));
        return taken";
    let given = page.run(script, &[json!(id), json!(value)]).await?;
    ensure!(given == json!(value), "{id} does not take {value}");
    Ok(())
}

/// Waits until a script's value is this.
pub(crate) async fn until_is(page: &Page, what: &str, script: &str, value: Value) -> Result<()> {
    page.until(what, async || Ok(page.run(script, &[]).await? == value)).await
}

/// Sends events of a pointer to an element: along these places, from 0 to 1 from the left and from the top.
const DRAG: &str = "const [id, places] = arguments;
    const on = document.querySelector(`[data-testid='${id}']`), room = on.getBoundingClientRect();
    const at = ([x, y]) => ({ clientX: room.left + x * room.width, clientY: room.top + y * room.height });
    on.setPointerCapture = () => {};
    const send = (kind, place, buttons) => on.dispatchEvent(new PointerEvent(kind,
        { ...at(place), buttons, bubbles: true, cancelable: true, pointerId: 1, pointerType: 'touch', isPrimary: true }));
    send('pointerdown', places[0], 1);
    for (const place of places.slice(1)) send('pointermove', place, 1);
    send('pointerup', places[places.length - 1], 0);";

/// Drags a pointer over an element, along places from 0 to 1 from the left and from the top.
pub(crate) async fn drag(page: &Page, id: &str, places: Value) -> Result<()> {
    page.run(DRAG, &[json!(id), places]).await.map(|_| ())
}

/// A digest of a canvas's pixels.
pub(crate) async fn pixels(page: &Page, of: &str) -> Result<Value> {
    let script = "const canvas = document.querySelector(arguments[0]);
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return data.reduce((sum, byte) => (31 * sum + byte) | 0, 7)";
    page.run(script, &[json!(of)]).await
}
