using CsCheck;
using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class HashSet128Tests
{
    [Test]
    public void Add_AnyHashes_BehavesLikeHashSet()
    {
        // Few low bits and few high bits: collisions of slots, duplicates and zero all occur.
        Gen<UInt128> hash = Gen.Select(Gen.ULong[0, 3], Gen.ULong[0, 40]).Select((high, low) => new UInt128(high, low));
        Gen.Select(hash.Array[0, 300], Gen.Int[0, 20]).Sample((hashes, expected) =>
        {
            HashSet<UInt128> model = [];
            HashSet128 set = new(expected);
            foreach (UInt128 h in hashes)
            {
                Assert.That(set.Contains(h), Is.EqualTo(model.Contains(h)));
                Assert.That(set.Add(h), Is.EqualTo(model.Add(h)));
            }
        }, iter: 500);
    }
}
