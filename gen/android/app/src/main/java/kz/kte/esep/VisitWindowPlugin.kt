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

/**
 * Opens and closes the notice of a location window. Called by the core alone: the page has no permission for it.
 *
 * Windows may overlap (a visit is registered while an earlier one is still being located) and share the one notice,
 * so it closes with the last of them.
 */
@TauriPlugin
class VisitWindowPlugin(private val activity: Activity) : Plugin(activity) {
  private val service get() = Intent(activity, VisitWindowService::class.java)

  /** Windows that are open. Guarded by this object: commands come from several threads of the core. */
  private var openCount = 0

  @Command
  fun open(invoke: Invoke) {
    val longestMs = invoke.parseArgs(OpenVisitWindow::class.java).longestMs
    try {
      synchronized(this) {
        // Each start begins the longest time anew, so the notice outlives none of the windows and is outlived by none.
        ContextCompat.startForegroundService(activity, service.putExtra(VisitWindowService.LONGEST_MS, longestMs))
        openCount += 1
      }
      invoke.resolve()
    } catch (refusal: RuntimeException) {
      // The system refuses it to an application that is not in sight, or without the permission of location.
      invoke.reject(refusal.message)
    }
  }

  @Command
  fun close(invoke: Invoke) {
    synchronized(this) {
      openCount = maxOf(0, openCount - 1)
      if (openCount == 0) activity.stopService(service)
    }
    invoke.resolve()
  }
}
