import CoreLocation
import Tauri
import UIKit
import WebKit

class WatchArgs: Decodable {
  let everyMs: UInt32
  let channel: Channel
}

class StopArgs: Decodable {
  let channelId: UInt64
}

/// The phone's own location service, with what it says of a position besides the position.
///
/// Called by the core alone. It asks for no permission (tauri-plugin-geolocation does), never for one in the
/// background, and keeps the screen awake while a watch is open, because without that permission a reading ends when
/// the screen goes dark. iOS does not tell who found a position, and its time is the phone's.
class PhoneLocationPlugin: Plugin, CLLocationManagerDelegate {
  /// Made and called on the main thread alone: that is where its answers come.
  /// `manager` is a name of Tauri's own.
  private lazy var locationManager: CLLocationManager = {
    let manager = CLLocationManager()
    manager.delegate = self
    manager.desiredAccuracy = kCLLocationAccuracyBest
    return manager
  }()
  private var channels: [UInt64: Channel] = [:]
  private let cover = Cover()

  override public func load(webview: WKWebView) {
    cover.watch(webview)
  }

  @objc public func watch(_ invoke: Invoke) throws {
    let args = try invoke.parseArgs(WatchArgs.self)
    DispatchQueue.main.async {
      switch self.locationManager.authorizationStatus {
      case .authorizedWhenInUse, .authorizedAlways:
        self.channels[args.channel.id] = args.channel
        UIApplication.shared.isIdleTimerDisabled = true
        self.locationManager.startUpdatingLocation()
        invoke.resolve()
      default:
        invoke.reject("the permission is missing")
      }
    }
  }

  @objc public func stop(_ invoke: Invoke) throws {
    let args = try invoke.parseArgs(StopArgs.self)
    DispatchQueue.main.async {
      self.channels.removeValue(forKey: args.channelId)
      if self.channels.isEmpty {
        self.locationManager.stopUpdatingLocation()
        UIApplication.shared.isIdleTimerDisabled = false
      }
      invoke.resolve()
    }
  }

  func locationManager(_ manager: CLLocationManager, didUpdateLocations locations: [CLLocation]) {
    for location in locations {
      tell(["fix": described(location)])
    }
  }

  func locationManager(_ manager: CLLocationManager, didFailWithError error: Error) {
    tell(["failed": error.localizedDescription])
  }

  private func tell(_ report: JsonObject) {
    for channel in channels.values {
      channel.send(report)
    }
  }

  private func described(_ location: CLLocation) -> JsonObject {
    var fix: JsonObject = [
      "latitude": location.coordinate.latitude,
      "longitude": location.coordinate.longitude,
      "fixedAtMs": Int64(location.timestamp.timeIntervalSince1970 * 1000),
      "provider": "unknown",
    ]
    // Negative: not known.
    if location.horizontalAccuracy >= 0 {
      fix["accuracyM"] = location.horizontalAccuracy
    }
    if #available(iOS 15.0, *), let source = location.sourceInformation {
      fix["mock"] = source.isSimulatedBySoftware
    }
    return fix
  }
}

@_cdecl("init_plugin_phone_location")
public func initPlugin() -> Plugin {
  return PhoneLocationPlugin()
}
