import UIKit
import WebKit

/// Hides the page while the application is not in front: iOS keeps a picture of it for the list of open applications,
/// and the page shows children's names. A screenshot that the person takes cannot be prevented on iOS.
final class Cover {
  private weak var webview: WKWebView?
  private var view: UIView?
  private var observers: [NSObjectProtocol] = []

  func watch(_ webview: WKWebView) {
    self.webview = webview
    observers = [
      observe(UIApplication.willResignActiveNotification) { [weak self] in self?.show() },
      observe(UIApplication.didBecomeActiveNotification) { [weak self] in self?.hide() },
    ]
  }

  deinit {
    observers.forEach(NotificationCenter.default.removeObserver)
  }

  private func observe(_ name: Notification.Name, _ act: @escaping () -> Void) -> NSObjectProtocol {
    NotificationCenter.default.addObserver(forName: name, object: nil, queue: .main) { _ in act() }
  }

  private func show() {
    guard view == nil, let window = webview?.window else { return }
    let view = UIView(frame: window.bounds)
    view.autoresizingMask = [.flexibleWidth, .flexibleHeight]
    view.backgroundColor = .systemBackground
    window.addSubview(view)
    self.view = view
  }

  private func hide() {
    view?.removeFromSuperview()
    view = nil
  }
}
