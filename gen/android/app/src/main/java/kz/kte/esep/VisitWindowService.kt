package kz.kte.esep

import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.Service
import android.content.Intent
import android.content.pm.ServiceInfo
import android.os.Build
import android.os.Handler
import android.os.IBinder
import android.os.Looper
import androidx.core.app.NotificationCompat
import androidx.core.app.ServiceCompat

/**
 * Lets the one location window of a visit go on when the screen goes dark, under a notice that the person sees.
 *
 * It reads nothing itself and lives exactly as long as the window: whoever opened it closes it, and should that not
 * happen, it closes itself after the longest time a window may last. It is not started again by the system, and it
 * goes when the application is swiped away (stopWithTask in the manifest): nothing is read outside the moment of a
 * visit (clauses A2.2, A2.3, B2.2).
 */
class VisitWindowService : Service() {
  private val clock = Handler(Looper.getMainLooper())

  override fun onBind(intent: Intent?): IBinder? = null

  override fun onStartCommand(intent: Intent?, flags: Int, startId: Int): Int {
    val type = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) ServiceInfo.FOREGROUND_SERVICE_TYPE_LOCATION else 0
    ServiceCompat.startForeground(this, NOTICE, notice(), type)
    clock.removeCallbacksAndMessages(null)
    clock.postDelayed({ stopSelf() }, intent?.getLongExtra(LONGEST_MS, 0) ?: 0)
    return START_NOT_STICKY
  }

  override fun onDestroy() {
    clock.removeCallbacksAndMessages(null)
    ServiceCompat.stopForeground(this, ServiceCompat.STOP_FOREGROUND_REMOVE)
    super.onDestroy()
  }

  private fun notice() = NotificationCompat.Builder(this, channel())
    .setSmallIcon(R.drawable.ic_visit_window)
    .setContentTitle(getString(R.string.visit_window_title))
    .setContentText(getString(R.string.visit_window_text))
    .setVisibility(NotificationCompat.VISIBILITY_PUBLIC)
    .setForegroundServiceBehavior(NotificationCompat.FOREGROUND_SERVICE_IMMEDIATE)
    .setOngoing(true)
    .build()

  /** Without sound: a visit is registered at a child's door. */
  private fun channel(): String {
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) {
      val name = getString(R.string.visit_window_channel)
      val channel = NotificationChannel(CHANNEL, name, NotificationManager.IMPORTANCE_LOW)
      getSystemService(NotificationManager::class.java).createNotificationChannel(channel)
    }
    return CHANNEL
  }

  companion object {
    const val LONGEST_MS = "longest_ms"
    private const val CHANNEL = "visit-window"
    private const val NOTICE = 1
  }
}
