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

  @Command
  fun open(invoke: Invoke) {
    val longestMs = invoke.parseArgs(OpenVisitWindow::class.java).longestMs
    try {
      synchronized(lock) {
        // Each start begins the longest time anew, so that the notice lasts as long as the latest window may.
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
    synchronized(lock) {
      openCount = maxOf(0, openCount - 1)
      if (openCount == 0) activity.stopService(service)
    }
    invoke.resolve()
  }

  private companion object {
    /** Commands come from several threads of the core, and the activity may be made anew while windows are open. */
    val lock = Any()
    var openCount = 0
  }
}
