/** Lines of a visit's story, one for each kind of entry. */
export const story = {
  title: 'Келудің тарихы',
  hint: 'Әр жол – қол қойылған бөлек жазба. Бірде-бірі өзгертілмейді, жойылмайды.',
  kinds: {
    registered: 'Келу тіркелді',
    located: 'Орналасқан жер жазылды',
    noted: 'Ескертпе жазылды',
    finished: 'Келу аяқталды',
    confirmed: 'Ата-ана растады',
    disputed: 'Ата-ана «олай емес» деді',
    reviewed: 'Үйлестіруші қарады',
    corrected: 'Түзету енгізілді',
    'operator-registered': 'Оператор журналына енгізілді',
  },
  cancelled: 'Келу алып тасталды, есепке алынбайды',
  withheld: 'Мазмұны сізге көрсетілмейді, қолтаңбасы тексерілген',
};
