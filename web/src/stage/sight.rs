//! What the components of the stage share: the sizes of their canvases and the theme as CSS.

use adversaria_plot::Theme;
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::ResizeObserver;

type Observer = (ResizeObserver, Closure<dyn FnMut()>);

/// The element's inner width and height in CSS pixels, kept up to date while it is mounted.
pub fn watch_size(node: NodeRef<html::Div>) -> RwSignal<(f32, f32)> {
    let size = RwSignal::new((0.0, 0.0));
    let kept: StoredValue<Option<Observer>, LocalStorage> = StoredValue::new_local(None);
    Effect::new(move |_| {
        let Some(element) = node.get() else { return };
        let target = element.clone();
        let heed = Closure::<dyn FnMut()>::new(move || {
            let now = (element.client_width() as f32, element.client_height() as f32);
            if size.get_untracked() != now {
                size.set(now);
            }
        });
        match ResizeObserver::new(heed.as_ref().unchecked_ref()) {
            Ok(observer) => {
                observer.observe(&target);
                kept.set_value(Some((observer, heed)));
            }
            Err(error) => leptos::logging::error!("the stage cannot follow its size: {error:?}"),
        }
    });
    on_cleanup(move || {
        kept.try_update_value(|kept| {
            if let Some((observer, _)) = kept.take() {
                observer.disconnect();
            }
        });
    });
    size
}

/// Device pixels in a CSS pixel.
pub fn pixel_ratio() -> f64 {
    window().device_pixel_ratio().clamp(0.5, 4.0)
}

/// The theme's colours as custom properties, for legends beside the canvases.
pub fn properties(theme: &Theme) -> String {
    [
        ("real", theme.real),
        ("fake", theme.fake),
        ("average", theme.average),
        ("d", theme.d),
        ("pull", theme.pull),
        ("ink", theme.ink),
        ("muted", theme.muted),
        ("rule", theme.rule),
        ("panel", theme.panel),
        ("says-real", theme.verdict(1.0, 1.0)),
        ("says-fake", theme.verdict(0.0, 1.0)),
    ]
    .map(|(name, colour)| format!("--st-{name}:{}", colour.css()))
    .join(";")
}
