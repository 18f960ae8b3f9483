package kz.kte.esep

import android.app.Activity
import android.content.Intent
import androidx.core.content.ContextCompat
import app.tauri.annotation.Command
import app.tauri.annotation.InvokeArg
import app.tauri.annotation.TauriPlugin
import app.tauri.plugin.Invoke
import app.tauri.plugin.Plugin

@InvokeArg
class OpenVisitWindow {
  var longestMs: Long = 0
}

/** Opens and closes the notice of a location window. Called by the core alone: the page has no permission for it. */
@TauriPlugin
class VisitWindowPlugin(private val activity: Activity) : Plugin(activity) {
  private val service get() = Intent(activity, VisitWindowService::class.java)

  @Command
  fun open(invoke: Invoke) {
    val longestMs = invoke.parseArgs(OpenVisitWindow::class.java).longestMs
    try {
      ContextCompat.startForegroundService(activity, service.putExtra(VisitWindowService.LONGEST_MS, longestMs))
      invoke.resolve()
    } catch (refusal: RuntimeException) {
      // The system refuses it to an application that is not in sight, or without the permission of location.
      invoke.reject(refusal.message)
    }
  }

  @Command
  fun close(invoke: Invoke) {
    activity.stopService(service)
    invoke.resolve()
  }
}
