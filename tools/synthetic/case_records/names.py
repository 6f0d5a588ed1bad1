"""Pools from which names are put together at random: given and family names that are common, in invented combinations.

A name is a tuple of spellings. The first is the usual one on the lists; the others are how clerks write the same name,
above all Arabic names in Turkish, English and French letters.
"""

from __future__ import annotations

Name = tuple[str, ...]


def _names(text: str) -> list[Name]:
    """Names separated by commas, spellings of one name by a stroke."""
    return [tuple(spelling.strip() for spelling in name.split("/")) for name in text.split(",")]


_SYRIA = {
    "male": """Muhammed/Mohammad/Muhammad/Mohamed, Ahmed/Ahmad/Ahmet, Mahmud/Mahmoud/Mahmut, Mustafa/Moustafa,
        Ali, Hasan/Hassan, Hüseyin/Hussein/Husain, İbrahim/Ibrahim/Ebrahim, Halid/Khaled/Khalid,
        Ömer/Omar/Omer, Yusuf/Youssef/Yousef, Abdullah/Abdallah, Abdurrahman/Abdulrahman/Abdelrahman,
        Abdülkadir/Abdulkadir/Abdelkader, Halil/Khalil, Süleyman/Suleiman/Sleiman, Davud/Dawood/Daoud,
        Yasin/Yassin, Said/Saeed, Velid/Walid/Waleed, Tarık/Tareq/Tarek, Nizar, Samir/Sameer,
        Emir/Amir/Ameer, Enes/Anas, Bilal/Belal, Hamza/Hamzah, İsmail/Ismail/Esmail, İshak/Ishaq,
        Zekeriya/Zakariya/Zakaria, Yahya, Adnan, Cemal/Jamal, Kemal/Kamal, Nasır/Naser/Nasser,
        Faris/Fares, Mervan/Marwan, Rami/Ramy, Şadi/Shadi, Musab/Mosab/Mousab, Usame/Osama/Usama,
        Luay/Louay, Basil/Bassel/Basel, Gassan/Ghassan, Eymen/Ayman""",
    "female": """Fatma/Fatima/Fatimah, Ayşe/Aisha/Aysha, Meryem/Mariam/Maryam, Hatice/Khadija/Hadija,
        Zeyneb/Zaynab/Zainab, Emine/Amina/Ameena, Huda/Houda, Nur/Nour, Rim/Reem, Rana, Rania/Ranya,
        Sara/Sarah, Selma/Salma, Semira/Samira, Şeyma/Shaimaa/Shayma, Esma/Asma, Hanan, Heba/Hiba,
        İman/Iman/Eman, İsra/Israa/Esraa, Cemile/Jamila, Layla/Leila, Lina, Maha, Maysa/Maissa, Mona/Muna,
        Nadia/Nadya, Necla/Najla, Raniya, Rukiye/Ruqayya, Safa, Sabah, Suad/Souad, Sumeyye/Sumaya/Soumaya,
        Şahd/Shahd, Tesnim/Tasnim/Tasneem, Vaad/Waad, Yasemin/Yasmin/Yasmine, Zehra/Zahra, Gufran/Ghufran,
        Duaa/Dua, Ruba/Rouba, Hulud/Kholoud, Beyan/Bayan, Aya""",
    "family": """Halebi/Halabi/Alhalabi, Hamevi/Hamwi/Hamawi, Şami/Shami/Alshami, Humsi/Homsi, Hasan/Hassan,
        Hüseyin/Hussein, Hamdan, Hamud/Hammoud, Hatib/Khatib, Haddad, Neccar/Najjar, Kassab/Qassab,
        Sabbağ/Sabbagh, Hayyat/Khayyat, Hallak/Hallaq, Ahras/Akhras, Ahmed/Ahmad, Muhammed/Mohammad,
        İbrahim/Ibrahim, Halil/Khalil, Mustafa/Moustafa, Süleyman/Suleiman, Şeyh/Shaikh/Sheikh,
        Cabir/Jaber/Jabir, Casim/Jasem/Jassim, Cuma/Jumaa/Juma, Deyri/Dairi, Derviş/Darwish, Diyab/Diab,
        Esad/Asaad, Farah, Faris/Fares, Fayad/Fayyad, Gazi/Ghazi, Habib, Haci/Haji/Hajji, Hamidi/Hameedi,
        Harbi, Hariri, Hilal/Helal, İsa/Issa, İsmail/Ismail, Kadri/Qadri, Kasım/Qasem/Kassem,
        Kattan/Qattan, Kurdi/Kourdi, Maarri, Mansur/Mansour, Masri, Mavas/Mawas, Nasır/Nasser,
        Numan/Noman, Osman/Othman, Rahal/Rahhal, Ramadan, Rifai/Refai, Rumi/Roumi, Sabuni/Sabouni,
        Saleh/Salih, Salim/Saleem, Samman, Sayid/Sayed, Şahin/Shahin, Şaban/Shaaban, Tahhan/Tahan,
        Tavil/Taweel/Tawil, Turki/Tourki, Ubeyd/Obeid/Obaid, Vakkas/Wakkas, Yasin/Yassin, Yusuf/Youssef,
        Zeydan/Zaidan, Zubi/Zoubi, Abbud/Abboud, Akkad/Aqqad, Attar, Bakri, Bitar/Baitar, Cundi/Jundi,
        Dabbağ/Dabbagh""",
}  # fmt: skip
_TURKIYE = {
    "male": """Mehmet, Mustafa, Ahmet, Ali, Hüseyin, Hasan, İbrahim, İsmail, Osman, Yusuf, Murat, Ömer, Ramazan,
        Halil, Süleyman, Abdullah, Mahmut, Salih, Recep, Kadir, Emre, Fatih, Serkan, Uğur, Yasin, Burak,
        Gökhan, Onur, Tolga, Volkan, Barış, Cem, Deniz, Eren, Furkan, Görkem, Işık, Kaan, Kerem, Oğuz,
        Rıdvan, Sinan, Şükrü, Tarık, Yiğit, Çağrı, Umut, Yılmaz""",
    "female": """Fatma, Ayşe, Emine, Hatice, Zeynep, Elif, Meryem, Şerife, Zehra, Sultan, Hanife, Merve, Havva,
        Zeliha, Esra, Özlem, Yasemin, Hülya, Gülsüm, Büşra, Kübra, Songül, Sevgi, Yıldız, Aslı, Aysel,
        Bahar, Ceren, Çiğdem, Derya, Ebru, Filiz, Gamze, Gönül, Irmak, İrem, Kadriye, Leyla, Melek, Nazlı,
        Nuray, Pınar, Rabia, Sıla, Şeyma, Tuğba, Ülkü, Yağmur""",
    "family": """Yılmaz, Kaya, Demir, Çelik, Şahin, Yıldız, Yıldırım, Öztürk, Aydın, Özdemir, Arslan, Doğan, Kılıç,
        Aslan, Çetin, Kara, Koç, Kurt, Özkan, Şimşek, Polat, Korkmaz, Çakır, Erdoğan, Yavuz, Can, Acar,
        Güler, Aktaş, Yalçın, Güneş, Bozkurt, Bulut, Keskin, Ünal, Turan, Gül, Özer, Işık, Kaplan, Avcı,
        Sarı, Tekin, Taş, Köse, Yüksel, Ateş, Aksoy, Çiftçi, Uçar, Kılınç, Güngör, Tunç, Karaca, Sönmez,
        Uysal, Ertürk, Duman, Deniz, Altun, Baran, Bayram, Ceylan, Dağ, Ekinci, Fidan, Gök, Irmak, İnce,
        Oruç, Pala, Soylu, Toprak, Ulu, Varol, Zengin""",
}  # fmt: skip
_CABO_VERDE = {
    "male": """José, João, António, Manuel, Carlos, Luís, Pedro, Paulo, Jorge, Adilson, Admilson, Aílton,
        Alcides, Anildo, Arlindo, Danilson, Délcio, Domingos, Edmilson, Elton, Emanuel, Estêvão,
        Felisberto, Fidel, Gilson, Hélder, Ivanildo, Jailson, Januário, Jeremias, Joaquim, Kevin, Leandro,
        Lucas, Marcelino, Mário, Nélson/Nelson, Osvaldo, Patrício, Ricardo, Rui, Sidney/Sidnei, Silvino,
        Tiago, Valdir, Walter/Valter, Wilson/Vilson, Zeferino, José Carlos, João Paulo, Luís Carlos,
        António Pedro""",
    "female": """Maria, Ana, Adelina, Adélia, Albertina, Alícia, Andreia, Arlete, Benvinda, Carla, Catarina,
        Celeste, Cesária, Cleusa, Conceição, Crisolita, Débora, Denise, Dulcelina, Edna,
        Elisângela/Elizângela, Elsa/Elza, Ermelinda, Eugénia, Fátima, Filomena, Francisca, Helena,
        Isabel/Izabel, Ivone, Jacira/Jassira, Josefina/Josephina, Jucelina, Keila, Leontina, Lígia,
        Luísa/Luiza, Lucialina, Madalena, Margarida, Nilda, Odete, Patrícia, Rosângela, Sandra,
        Sónia/Sônia, Suely/Sueli, Teresa/Tereza, Vanusa/Vanuza, Zenaida, Maria José, Ana Maria, Ana Paula""",
    "family": """Tavares, Semedo, Gomes, Lopes, Monteiro, Fernandes, Silva, Santos, Varela, Moreira, Correia,
        Mendes, Andrade, Rocha, Delgado, Évora, Fortes, Lima, Ramos, Cruz, Duarte, Barbosa, Furtado,
        Cabral, Pereira, Pires, Almeida, Alves, Baptista/Batista, Barros, Borges, Brito, Cardoso,
        Carvalho, Centeio, Conceição, Costa, Dias, Estrela, Ferreira, Fonseca, Freire, Garcia, Gonçalves,
        Graça, Landim, Livramento, Lobo, Lomba, Martins, Medina, Melo, Miranda, Morais/Moraes, Neves,
        Nunes, Oliveira, Pina, Querido, Ribeiro, Robalo, Rodrigues, Rosário, Sanches, Sequeira, Soares,
        Sousa/Souza, Spencer, Teixeira, Timas, Veiga, Vieira, Xavier""",
}  # fmt: skip
_WEST_AFRICA = {
    "male": """Mamadu/Mamadou, Amadu/Amadou, Ibraima/Ibrahima, Issa/Isa, Alassana/Alassane, Braima,
        Bubacar/Boubacar, Demba, Malam, Mussa/Moussa, Ousmane/Usmane, Saliu/Saliou, Samba, Seco/Sekou,
        Umaro/Oumarou, Abdulai/Abdoulaye, Cheikh/Sheikh, Modou/Modu, Lamine/Lamin, Djibril/Jibril, Emeka,
        Chidi, Tunde, Nelson, Carlitos""",
    "female": """Fatumata/Fatoumata, Aissatu/Aissatou, Mariama, Binta, Cadi/Kadi, Djenabu/Jenabou, Aminata, Awa,
        Nene, Satu, Sira, Sona, Adama, Maimuna/Maimouna, Rama, Coumba/Cumba, Ndeye, Astou/Astu, Oumou/Umu,
        Hawa, Blessing, Joy, Faith, Ngozi, Domingas""",
    "family": """Djaló/Jalo/Diallo, Baldé/Balde, Camará/Camara, Sané/Sane, Mané/Mane, Cissé/Sissé, Turé/Touré,
        Embaló/Embalo, Seidi/Seydi, Indjai/Injai, Sanhá/Sanha, Candé/Kande, Dabó/Dabo, Fati/Faty,
        Djassi/Jassi, Ndiaye/Njie, Diop/Jobe, Fall, Sow, Gueye/Gaye, Sarr, Faye, Seck, Okafor, Eze,
        Adeyemi, Bello, Quintino, Cá, Té""",
}  # fmt: skip

POOLS: dict[str, dict[str, list[Name]]] = {
    pool: {part: _names(text) for part, text in parts.items()}
    for pool, parts in (
        ("syria", _SYRIA),
        ("turkiye", _TURKIYE),
        ("cabo_verde", _CABO_VERDE),
        ("west_africa", _WEST_AFRICA),
    )
}


def capitals(text: str, language: str) -> str:
    """A name in capital letters; in Turkish i becomes İ and ı becomes I."""
    return (text.replace("i", "İ").replace("ı", "I") if language == "tr" else text).upper()
