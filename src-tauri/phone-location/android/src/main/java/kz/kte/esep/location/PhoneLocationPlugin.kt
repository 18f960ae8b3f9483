package kz.kte.esep.location

import android.annotation.SuppressLint
import android.app.Activity
import android.content.Context
import android.location.Location
import android.location.LocationManager
import android.os.Build
import android.os.SystemClock
import androidx.appcompat.app.AppCompatActivity
import androidx.core.content.ContextCompat
import androidx.core.location.LocationListenerCompat
import androidx.core.location.LocationManagerCompat
import androidx.core.location.LocationRequestCompat
import app.tauri.annotation.Command
import app.tauri.annotation.InvokeArg
import app.tauri.annotation.TauriPlugin
import app.tauri.plugin.Channel
import app.tauri.plugin.Invoke
import app.tauri.plugin.JSObject
import app.tauri.plugin.Plugin

@InvokeArg
class WatchArgs {
  var everyMs: Long = 1_000
  lateinit var channel: Channel
}

@InvokeArg
class StopArgs {
  var channelId: Long = 0
}

/**
 * The phone's own providers, with what they say of a position: who found it, whether it is simulated, how old it is.
 *
 * Called by the core alone. It asks for no permission (tauri-plugin-geolocation does) and goes on when the screen goes
 * dark, under the notice of VisitWindowService; the core stops it at the end of the one window of a visit.
 */
@TauriPlugin
class PhoneLocationPlugin(private val activity: Activity) : Plugin(activity) {
  private val manager = activity.getSystemService(Context.LOCATION_SERVICE) as LocationManager

  /** Touched on the main thread alone. */
  private val watches = HashMap<Long, LocationListenerCompat>()

  @Command
  fun watch(invoke: Invoke) {
    val args = invoke.parseArgs(WatchArgs::class.java)
    activity.runOnUiThread {
      try {
        start(args.channel, args.everyMs)
        invoke.resolve()
      } catch (refusal: RuntimeException) {
        // The permission was taken back meanwhile, or there is no such provider on this phone.
        end(args.channel.id)
        invoke.reject(refusal.message)
      }
    }
  }

  @Command
  fun stop(invoke: Invoke) {
    val channelId = invoke.parseArgs(StopArgs::class.java).channelId
    activity.runOnUiThread {
      end(channelId)
      invoke.resolve()
    }
  }

  /** With the activity goes the channel, so nobody would take what is read. */
  override fun onDestroy(activity: AppCompatActivity) {
    watches.keys.toList().forEach(::end)
  }

  @SuppressLint("MissingPermission")
  private fun start(channel: Channel, everyMs: Long) {
    val providers = manager.getProviders(true).filter { it in READ }
    check(providers.isNotEmpty()) { "no provider is switched on" }
    end(channel.id)
    val listener = object : LocationListenerCompat {
      override fun onLocationChanged(location: Location) = channel.send(JSObject().apply { put("fix", described(location)) })

      override fun onProviderDisabled(provider: String) = channel.send(JSObject().apply { put("failed", provider) })
    }
    watches[channel.id] = listener
    val request = LocationRequestCompat.Builder(everyMs)
      .setMinUpdateIntervalMillis(everyMs)
      .setQuality(LocationRequestCompat.QUALITY_HIGH_ACCURACY)
      .build()
    val main = ContextCompat.getMainExecutor(activity)
    // Each by itself and not the best alone: indoors the network answers while the satellites are still searching.
    val started = providers.count { provider ->
      try {
        LocationManagerCompat.requestLocationUpdates(manager, provider, request, main, listener)
        true
      } catch (_: SecurityException) {
        // Before Android 12 satellites need the precise permission, and the person gave the coarse one.
        false
      }
    }
    check(started > 0) { "no provider may be read" }
  }

  private fun end(channelId: Long) {
    watches.remove(channelId)?.let { manager.removeUpdates(it) }
  }

  private fun described(location: Location) = JSObject().apply {
    put("latitude", location.latitude)
    put("longitude", location.longitude)
    if (location.hasAccuracy()) put("accuracyM", location.accuracy.toDouble())
    put("fixedAtMs", location.time)
    val ageNs = SystemClock.elapsedRealtimeNanos() - location.elapsedRealtimeNanos
    put("ageMs", maxOf(0L, ageNs / NS_IN_MS))
    put("provider", NAMES[location.provider] ?: "unknown")
    put("mock", isMock(location))
  }

  private fun isMock(location: Location): Boolean =
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) {
      location.isMock
    } else {
      @Suppress("DEPRECATION")
      location.isFromMockProvider
    }

  private companion object {
    const val NS_IN_MS = 1_000_000L

    /** LocationManager.FUSED_PROVIDER is public since Android 12; the name is older. */
    const val FUSED = "fused"

    /** Not the passive one: it would bring what other applications asked for. */
    val READ = setOf(LocationManager.GPS_PROVIDER, LocationManager.NETWORK_PROVIDER, FUSED)
    val NAMES = mapOf(LocationManager.GPS_PROVIDER to "gnss", LocationManager.NETWORK_PROVIDER to "network")
  }
}
