using System.Text;
using Glossa.Data.Corpora;
using NUnit.Framework;

namespace Glossa.Data.Tests.Corpora;

public sealed class TextStoreTests
{
    private TemporaryFolder _folder = null!;
    private string _path = null!;

    [SetUp]
    public void WriteStore()
    {
        _folder = new TemporaryFolder();
        _path = _folder.File("store");
        CorpusIngest.Run(_folder.Write("a.csv", "language,split,text,label\nfr,train,bonjour,good\nen,train,hello,good\nen,train,hi,\nen,test,bye 👋,bad\n"), _path);
    }

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Open_Store_GivesLanguagesTextsAndLabels()
    {
        using TextStore store = TextStore.Open(_path);
        Assert.That(store.Languages, Is.EqualTo(new[] { "en", "fr" }));
        Assert.That(store.Labels, Is.EqualTo(new[] { "bad", "good" }));
        Assert.That(store.Records("en", CorpusSplit.Train), Is.EqualTo(new CorpusText[]
        {
            new("en", CorpusSplit.Train, "hello", "good"), new("en", CorpusSplit.Train, "hi"),
        }));
        Assert.That(store.Bytes("en", CorpusSplit.Test), Is.EqualTo(8));
        Assert.That(store.Count("fr", CorpusSplit.Valid), Is.Zero);
        Assert.That(store.Texts("fr", CorpusSplit.Valid), Is.Empty);
        List<string> texts = [];
        foreach (ReadOnlySpan<byte> text in store.Utf8("en", CorpusSplit.Test)) texts.Add(Encoding.UTF8.GetString(text));
        Assert.That(texts, Is.EqualTo(new[] { "bye 👋" }));
    }

    [Test]
    public void Texts_EnumeratedTwice_StartsAnew()
    {
        using TextStore store = TextStore.Open(_path);
        IEnumerable<string> texts = store.Texts("en", CorpusSplit.Train);
        string[] first = [.. texts];
        Assert.That(texts, Is.EqualTo(first));
        Assert.That(first, Has.Length.EqualTo(2));
    }

    [Test]
    public void Texts_UnknownLanguage_NamesTheNearest()
    {
        using TextStore store = TextStore.Open(_path);
        Assert.That(() => store.Texts("eng", CorpusSplit.Train), Throws.TypeOf<InputException>().With.Message.Contains("did you mean 'en'?"));
    }

    [Test]
    public void Texts_AfterDispose_Throws()
    {
        TextStore store = TextStore.Open(_path);
        IEnumerable<string> texts = store.Texts("en", CorpusSplit.Train);
        store.Dispose();
        store.Dispose();
        Assert.That(() => texts.Count(), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Open_CutAnywhere_SaysSo()
    {
        byte[] whole = File.ReadAllBytes(_path);
        for (int length = 0; length < whole.Length; length++)
        {
            string cut = _folder.Write("cut", whole[..length]);
            Assert.That(() => TextStore.Open(cut), Throws.TypeOf<InputException>().With.Message.Contains(
                length < TextStoreFormat.HeaderBytes ? "no text store" : "damaged"), $"cut at {length}");
        }
    }

    [Test]
    public void Verify_AnyByteChanged_SaysSo()
    {
        byte[] whole = File.ReadAllBytes(_path);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 0x40;
            string path = _folder.Write("changed", changed);
            Assert.That(() =>
            {
                using TextStore store = TextStore.Open(path);
                store.Verify();
            }, Throws.TypeOf<InputException>().With.Message.Contains("store"), $"byte {i}");
        }
    }

    [Test]
    public void Open_OtherVersion_NamesBoth()
    {
        byte[] bytes = File.ReadAllBytes(_path);
        bytes[8] = 9;
        Assert.That(() => TextStore.Open(_folder.Write("v9", bytes)), Throws.TypeOf<InputException>().With.Message.Contains("version 9; this program reads version 1"));
    }

    [Test]
    public void Open_MissingOrFolder_Throws()
    {
        Assert.That(() => TextStore.Open(_folder.File("none")), Throws.TypeOf<InputException>());
        Assert.That(() => TextStore.Open(_folder.Path), Throws.TypeOf<InputException>());
    }
}
