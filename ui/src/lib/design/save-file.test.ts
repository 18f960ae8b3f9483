import { expect, it } from 'vitest';
import { placeOf } from './save-file';

it('says where a file lies, but not in the words of a phone', () => {
  const at = (path: string) => placeOf({ name: 'esep-1.esep-courier', path });
  expect(at('/home/a/Жүктеулер/esep-1.esep-courier')).toBe('/home/a/Жүктеулер/esep-1.esep-courier');
  expect(at('C:\\Users\\a\\Downloads\\esep-1.esep-courier')).toBe('C:\\Users\\a\\Downloads\\esep-1.esep-courier');
  for (const chosen of ['content://com.android.providers.downloads.documents/document/7', 'file:///private/var/x/esep-1']) {
    expect(at(chosen)).toBe('esep-1.esep-courier');
  }
});
