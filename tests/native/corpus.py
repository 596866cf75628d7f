"""Lines and records that are hard to read, and ways to spoil them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

VALUES: tuple[bytes, ...] = (
    # right, if sometimes odd
    b"0", b"-0", b"-0.0", b"1.10", b"12345678901234567890.123456789", b"1e5", b"1E+5", b"0e-9",
    b"0e99999999999999999999", b"1e999", b"-1.5e-3", b"true", b"false", b"null", b'""', b'" "',
    b'"caf\xc3\xa9"', b'"\\u00e9"', b'"\\ud83d\\ude00"', b'"\\ud800"', b'"\\udc00\\ud800"',
    b'"\\ud800\\u0041"', b'"\xf0\x9f\x98\x80"', b'"\xef\xbf\xbf"', b'"\xf4\x8f\xbf\xbf"', b'"\x7f"',
    b'"\\"\\\\\\/\\b\\f\\n\\r\\t"', b'"\\u0000"', b'"0123456789abcdef"', b'"0123456789abcde"',
    b'"0123456789abcdef0"', b'"a text of more than thirty-two bytes, twice a vector"',
    b"[]", b"{}", b"[ ]", b"{ }", b"[[],[]]", b"[1,2 , 3]", b'[{"url":"/"},{"url":null},null,"x"]',
    b'{"d":1,"e":{"f":"g"}}', b'[[[[[["deep"]]]]]]', b'{"a":{"b":{"c":{}}}}', b'{"":0}',
    b"NaN", b"nan", b"-NAN", b"Infinity", b"-inf", b"INF", b"-InFiNiTy",
    # wrong
    b"", b"-", b"+1", b"01", b"1.", b".5", b"1e", b"1e+", b"0x1", b"1_000", b"--1", b"1,000",
    b"tru", b"True", b"nul", b"nulll", b"falsy", b"infinite", b"nano", b"undefined",
    b'"', b'"\\', b'"\\"', b'"a', b'"\\x"', b'"\\u12"', b'"\\u123g"', b'"\t"', b'"\x00"', b"'a'",
    b'"\xff"', b'"\xc3"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xe2\x82"', b'"\xf4\x90\x80\x80"',
    b'"\xf5\x80\x80\x80"', b'"\xe0\x80\x80"', b'"\x80"', b"\xc3\xa9", b"\xff",
    b"[", b"]", b"{", b"}", b"[1", b"[1,", b"[1,]", b"[,1]", b"[1 2]", b"[1:2]", b"[}", b"{]",
    b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b'{"a":1,}', b'{"a" 1}', b'{"a",1}', b"{1:2}",
    b"{a:1}", b'{"a":1 "b":2}', b'{,"a":1}', b'{"a":1,,"b":2}', b"[1]]", b"{}}", b"//", b"/**/1",
    b"[" * 60, b"[" * 60 + b"]" * 60, b'{"a":' * 40 + b"1" + b"}" * 40, b'{"a":' * 40,
)  # fmt: skip

LINES: tuple[bytes, ...] = (
    *(b'{"a":%s}' % value for value in VALUES),
    *(b'{"x":%s,"a":1}' % value for value in VALUES),
    *(b'{"p":[%s]}' % value for value in VALUES),
    *VALUES,
    b" ", b"\t\r", b"\v\f", b' {"a":1} ', b'\v{"a":1}\f\r', b'{"a":1} x', b'{"a":1}\v{}', b"{}\x00",
    b'\xef\xbb\xbf{"a":1}', b'{"a":1}\r', b'{"a":1,"a":2}', b'{"a":null,"a":2}',
    b'{"a":1,"\\u0061":2}', b'{"\\u0061":1,"a":2}', b'{"A":1,"a":2}', b'{"A":1,"a":null}',
    b'{"company_size":null,"Company Size":"51-200","companySize":7}',
    b'{"Company-Size":1,"COMPANY_SIZE":2,"company_size":3,"c_o_m_p_a_n_y_size":4}',
    b'{"Company-Size":1,"Company\\u002dSize":2,"COMPANYSIZE":3}',
    b'{"A":1," a":2,"a ":3,"_a":4,"a_":5,"-a":6,"a-":7,"--a":8,"a--":9}',
    b'{"A":1," a":2,"a ":3,"_a":4,"a_":5,"-a":6,"a-":7,"--a":8,"a--":9,"__a":10}',
    b'{"C":{"D":1,"d":2,"E":{"F":3}},"c":{"D":4,"E":{"f":5},"e":{"f":6}}}',
    b'{"P":["x",{"Url":"y"}],"p":["z",{"URL":"1","url":"2"}],"p_":[{"Q":[{"R":1}],"q":[{"r":2}]}]}',
    '{"É":1,"é":2,"\u212a":3," ":4,"_-":5,"\u00a0":6}'.encode(),
    '{"\u00c9":1,"e\u0301":2}'.encode(),
    b'{"l":[[1,2],[],[[3]],4,null]}', b'{"l":[]}', b'{"l":[null]}', b'{"l":[[1,2],[}]}',
    b'{"p":[{"q":[{"r":1},{"r":[]},3]},{"q":{}},{"q":[]},{"q":[{"r":2}]}]}',
    b'{"p":[{"q":[{"r":1},{"r":2}]},{"q":[{"r":3',
    b'{"c":[1,2],"b":[1]}', b'{"c":{"d":{"d":1}},"b":true}', b'{"c":{"d":1,"d":2},"c":{"d":3}}',
    b'{"visitor_id":"v0","utm_source":"google","a":"long enough to be read by sixteen","b":1.50}',
)  # fmt: skip

PIECES: tuple[bytes, ...] = (
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\t", b"\r", b"\v", b"\n", b"0", b"-",
    b".", b"e", b"E+", b"null", b"true", b"nan", b'"a":', b'"A":', b'"b"', b"\\u00", b"\\ud800",
    b"\\u0061", b"\xc3", b"\xa9", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xff", b"\x00", b"\x1f",
    b'"p":[', b'{"url":"x"}', b'"c":{"d":', b"aaaaaaaaaaaaaaaa", b'"company_size":',
    b'"Company Size":', b'""', b"\r\n", b'"[""x""]"', b";",
)  # fmt: skip

CSV: tuple[bytes, ...] = (
    b"1,2,3,4,5,6,7,8", b'x,51-200,"[""u"", ""v""]",d,,7,b,"{""d"": 1}"', b",,,,,,,", b"\r", b"",
    b"   ", b"  ,,,,,,,", b'"a ""q"" b","line\nbreak",/,"\r\n",,,,', b'"x","y","z","","","","",""',
    b'"[1,[2]]",2,"[{""url"": ""q"", ""q"": [{""r"": 1}]}, 3]",4,5,6,7,"{""e"":{""f"":[]}}"',
    b'1,2,"[1,\n2]",4,5,6,7,8', b'1,2,"[""a\nb""]",4,5,6,7,8', b"1,2,[1],4,5,6,7,{}",
    b'1,2,"[1",4,5,6,7,"{"', b'1,2,"[1] x",4,5,6,7,8', b'1,2,"[1] ",4,5,6,7,8', b"a,b", b"a",
    b"1,2,3,4,5,6,7,8,9", b'"open,2,3,4,5,6,7,8', b'1,"open', b'a"b,c"d,3,4,5,6,7,8"', b'"a"b,2',
    b'"a" ,2,3,4,5,6,7,8', b'""', b'"', b'"""', b'""""', b'1,2,3,4,5,6,7,"8"\r', b"1,\r,3\r4,,,,,",
    "é,ü,日本,ö,,,,".encode(), b"\xff,2,3,4,5,6,7,8", b'1,"\xc3",3,4,5,6,7,8', b"\\,\t,\x00,4,,,,",
    b'1,2,"{""a"":1}","{""P"":[]}",5,6,7,"{""D"":1,""d"":2}"', b'"\n\n\n",2,3,4,5,6,7,8',
    b'1,2,3,4,5,6,7,"' + b'{""D"":1,""_d"":2,""d_"":3,""d-"":4,""-d"":5,""__d"":6,""d__"":7,'
    b'""d "":8,"" d"":9,""--d"":10}"',
    b"a text of more than sixteen bytes,2,3,4,5,6,7,\"and one of them in quotes, with a comma\"",
)  # fmt: skip


def spoiled(line: bytes, random: Random, lines: tuple[bytes, ...]) -> bytes:
    """The line after up to four small changes."""
    spoilt = bytearray(line)
    for _ in range(random.choice((0, 0, 1, 1, 1, 2, 2, 4))):
        _spoil(spoilt, random, lines)
    return bytes(spoilt)


def _spoil(line: bytearray, random: Random, lines: tuple[bytes, ...]) -> None:
    place = random.randrange(len(line) + 1)
    change = random.randrange(7)
    if change == 0:
        line[place : place + 1] = bytes([random.randrange(256)])
    elif change == 1:
        line[place:place] = random.choice(PIECES)
    elif change == 2:
        del line[place : place + random.choice((1, 1, 1, 2, 3, 8))]
    elif change == 3:
        line[place:place] = line[random.randrange(len(line) + 1) : place][:60]
    elif change == 4:
        del line[place:]
    elif change == 5:
        line[place : place + 1] = random.choice(PIECES)
    else:
        other = random.choice(lines)
        begin = random.randrange(len(other) + 1)
        line[place:place] = other[begin : begin + random.randrange(30)]
