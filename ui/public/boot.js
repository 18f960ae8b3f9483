/* Runs before everything else, in any web view since Android 5: no modern syntax here.
   It sets the colour scheme before the first paint, and where the web engine is older than
   the app can work with it says so in three languages instead of leaving a blank screen. */
(function () {
  var root = document.documentElement;
  var dark = window.matchMedia && window.matchMedia('(prefers-color-scheme: dark)').matches;
  root.setAttribute('data-theme', dark ? 'dark' : 'light');

  function engineIsRecent() {
    return (
      'noModule' in document.createElement('script') &&
      typeof window.Promise === 'function' &&
      typeof window.Promise.allSettled === 'function' &&
      typeof window.Intl === 'object' &&
      typeof window.IntersectionObserver === 'function' &&
      typeof String.prototype.replaceAll === 'function' &&
      typeof window.WeakRef === 'function' &&
      !!window.CSS && window.CSS.supports('gap', '1px')
    );
  }

  if (engineIsRecent()) return;
  window.esepEngineTooOld = true;

  var words = [
    ['kk', 'Қолданбаны ашу үшін жүйені жаңарту керек',
      'Бұл құрылғыдағы Android System WebView ескі. Play Market-тен «Android System WebView» пен Chrome-ды жаңартыңыз, содан кейін қолданбаны қайта ашыңыз. Жазбаларыңыз құрылғыда сақтаулы.'],
    ['ru', 'Чтобы открыть приложение, обновите систему',
      'На этом устройстве старая версия Android System WebView. Обновите «Android System WebView» и Chrome в Play Market и откройте приложение снова. Ваши записи сохранены на устройстве.'],
    ['en', 'The system must be updated to open the app',
      'Android System WebView on this device is too old. Update "Android System WebView" and Chrome in Play Market, then open the app again. Your records are safe on the device.']
  ];

  function show() {
    var app = document.getElementById('app');
    if (app && app.parentNode) app.parentNode.removeChild(app);
    var main = document.createElement('main');
    main.setAttribute('data-testid', 'too-old');
    main.className = 'too-old';
    for (var i = 0; i < words.length; i++) {
      var part = document.createElement('section');
      part.setAttribute('lang', words[i][0]);
      var heading = document.createElement(i === 0 ? 'h1' : 'h2');
      heading.appendChild(document.createTextNode(words[i][1]));
      var text = document.createElement('p');
      text.appendChild(document.createTextNode(words[i][2]));
      part.appendChild(heading);
      part.appendChild(text);
      main.appendChild(part);
    }
    document.body.appendChild(main);
  }

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', show);
  else show();
})();
